"""What an account must have before the first `pulumi up`: a CloudFormation template."""
