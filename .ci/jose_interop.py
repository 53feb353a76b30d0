"""Opens a key of ours with jwcrypto, checks what is in it, and prints a key made by jwcrypto from the same ring."""
import json
import sys
import time
import uuid

from jwcrypto import jwe, jwk

credentials_path, ours = sys.argv[1:]
with open(credentials_path) as file:
    credentials = json.load(file)
ring = credentials["keyRing"]


def key(kid):
    return jwk.JWK(kty="oct", k=ring["keys"][kid])


opened = jwe.JWE(algs=["dir", "A256CBC-HS512"])
opened.deserialize(ours)
header = json.loads(opened.objects["protected"])
assert list(header) == ["typ", "alg", "enc", "kid"], header
opened.decrypt(key(header["kid"]))
claims = json.loads(opened.payload)
assert (claims["app"], claims["scope"], claims["env"]) == ("kernel", "kernel", credentials["environment"]), claims

now = int(time.time())
payload = {
    "exp": now + 3600, "iat": now, "mode": "rw", "scope": "kernel", "app": "kernel",
    "env": credentials["environment"], "jti": str(uuid.uuid4()),
}
protected = {"kid": ring["active"], "enc": "A256CBC-HS512", "alg": "dir", "typ": "apikey+jwe"}
made = jwe.JWE(json.dumps(payload), json.dumps(protected), algs=["dir", "A256CBC-HS512"])
made.add_recipient(key(ring["active"]))
print(made.serialize(compact=True))
