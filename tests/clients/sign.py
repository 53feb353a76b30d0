"""PyJWT as a maker of access tokens: a secret in base64url and claims in JSON on each line, a token back."""
import base64
import sys

import json

import jwt

print("ready", flush=True)

for line in sys.stdin:
    secret, claims = line.split(" ", 1)
    key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    print(jwt.encode(json.loads(claims), key, algorithm="HS256"), flush=True)
