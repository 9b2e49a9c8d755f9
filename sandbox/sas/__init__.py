"""What plays the SAS platform, without a web framework: each module is one of its roles or what they share."""
