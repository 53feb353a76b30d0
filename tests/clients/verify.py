"""PyJWT as a relying party that keeps the keys for five minutes and never asks sooner.

Reads lines of `<milliseconds since the epoch> <JWT>`, takes the time from them, and answers `ok` or what went wrong.
"""
import json
import sys
import time
import urllib.request

now = [0.0]
time.time = lambda: now[0]
time.monotonic = lambda: now[0]

import jwt  # noqa: E402: it shall know that clock alone

issuer = sys.argv[1]
with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
    configuration = json.load(answer)
assert configuration["issuer"] == issuer, configuration
keys = jwt.PyJWKClient(configuration["jwks_uri"], cache_keys=False, cache_jwk_set=True, lifespan=300)
print("ready", flush=True)

for line in sys.stdin:
    millis, token = line.split()
    now[0] = int(millis) / 1000
    try:
        header = jwt.get_unverified_header(token)
        # Not `get_signing_key`, which asks again for a key that it does not know.
        [key] = [key for key in keys.get_signing_keys() if key.key_id == header["kid"]]
        # By hand below: the library's own check of times asks the machine's clock.
        options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, key, algorithms=["RS256", "ES256"], issuer=issuer, options=options)
        assert claims["iat"] <= now[0] < claims["exp"], claims
        print("ok", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
