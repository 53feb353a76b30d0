"""Opens a key and a state of ours with jwcrypto, checks what is in them, and prints a key and a login state made by jwcrypto."""
import json
import sys
import time
import uuid

from jwcrypto import jwe, jwk

ALGORITHMS = ["dir", "A256CBC-HS512"]
credentials_path, our_key, our_state = sys.argv[1:]
with open(credentials_path) as file:
    credentials = json.load(file)
now = int(time.time())


def key(ring, kid):
    return jwk.JWK(kty="oct", k=credentials[ring]["keys"][kid])


def opened(ring, typ, compact):
    document = jwe.JWE(algs=ALGORITHMS)
    document.deserialize(compact)
    header = json.loads(document.objects["protected"])
    assert list(header) == ["typ", "alg", "enc", "kid"] and header["typ"] == typ, header
    document.decrypt(key(ring, header["kid"]))
    return json.loads(document.payload)


def made(ring, typ, claims):
    kid = credentials[ring]["active"]
    payload = {"iat": now, "env": credentials["environment"], "jti": str(uuid.uuid4())} | claims
    protected = {"kid": kid, "enc": "A256CBC-HS512", "alg": "dir", "typ": typ}
    document = jwe.JWE(json.dumps(payload), json.dumps(protected), algs=ALGORITHMS)
    document.add_recipient(key(ring, kid))
    return document.serialize(compact=True)


claims = opened("keyRing", "apikey+jwe", our_key)
assert (claims["app"], claims["scope"], claims["env"]) == ("kernel", "kernel", credentials["environment"]), claims
claims = opened("stateRing", "logout-state+jwe", our_state)
assert uuid.UUID(claims.pop("jti")).version == 4 and abs(now - claims.pop("iat")) < 60, claims
assert claims == {"env": credentials["environment"], "auraId": "a1", "channelId": "app", "locale": "es-ES"}, claims

print(made("keyRing", "apikey+jwe", {"exp": now + 3600, "mode": "rw", "scope": "kernel", "app": "kernel"}))
print(made("stateRing", "login-state+jwe", {"codeVerifier": "v" * 43, "channelId": "app", "auraId": "a1"}))
