"""A registry's repository as a store: names, credentials, tokens, requests, uploads."""
