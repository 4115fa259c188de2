"""What AWS allows and means: values in, values out. No clock, no environment, no Pulumi."""
