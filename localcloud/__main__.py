"""`python -m localcloud`: a local AWS, until it is interrupted."""

import sys

from localcloud.command import main

if __name__ == "__main__":
    sys.exit(main())
