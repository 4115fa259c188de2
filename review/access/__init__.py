"""Which principals can pull, push, delete and configure which repositories, by the policies of a render."""
