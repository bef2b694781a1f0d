"""The money of a settled year as monthly payments between the parties."""
