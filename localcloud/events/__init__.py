"""Amazon EventBridge for what AWS's own services say: the emulator takes no event whose source begins with aws."""
