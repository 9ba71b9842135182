#!/usr/bin/env python3
"""A double of AWS KMS, with the metadata services that give credentials for it.

    kms_server.py --ports FILE --log FILE

Whether a request is signed right is judged by botocore, AWS's own library
(Debian: python3-botocore), and so is its shape, by AWS's description of the
service.  What else it holds to, of the documentation of KMS and of EC2:

- "All X-Amz-* headers and Host have to be signed", and X-Amz-Date has to be of
  the last five minutes (InvalidSignatureException).
- Encrypt: "KeyId: key ID, key ARN, alias name or alias ARN"; Plaintext of 1 to
  4096 bytes; the answer names the key's ARN.
- Decrypt: "The encryption context must be an exact case-sensitive match"
  (InvalidCiphertextException); with KeyId "AWS KMS uses only the KMS key that
  you specify" (IncorrectKeyException); 32 kB is too long for a blob.
- A key that is not there: NotFoundException; that is off: DisabledException.
- Temporary credentials need their session token (UnrecognizedClientException);
  once expired they give ExpiredTokenException.
- IMDSv2: a token comes from PUT with its TTL; without it every GET is a 401.

GET /control/NAME/VALUE turns a switch: "mode" (ok, deny, throttle, broken, cut,
hang), "disable" or "enable" a key, "deny_key", "expire" all role credentials.
Each call is one line of JSON in the log.  It ends when its standard input closes.
"""
import argparse
import base64
import binascii
import datetime
import http.server
import json
import os
import re
import secrets
import sys
import threading

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import botocore.validate

REGION = "eu-test-1"
ACCOUNT = "111122223333"
STATIC = {"AKIAFIXED": ("fixed/secret+of-the-test", None)}
MODEL = botocore.session.get_session().get_service_model("kms")
ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


class Refusal(Exception):
    def __init__(self, name, text="", status=400):
        super().__init__(name)
        self.name, self.text, self.status = name, text, status


class Kms:
    """What the service holds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.keys = {}
        self.blobs = {}
        self.mode = "ok"
        self.denied = set()
        self.credentials = dict(STATIC)
        self.expired = set()
        self.metadata_tokens = set()
        for name in ("one", "two"):
            self.keys[f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"] = True

    def key(self, name):
        arn = name if name.startswith("arn:") else f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name.removeprefix('alias/')}"
        if arn not in self.keys:
            raise Refusal("NotFoundException", f"Key '{arn}' does not exist")
        if arn in self.denied:
            raise Refusal("AccessDeniedException", f"not authorized on resource: {arn}")
        if not self.keys[arn]:
            raise Refusal("DisabledException", f"{arn} is disabled.")
        return arn

    def encrypt(self, given):
        arn = self.key(given["KeyId"])
        blob = secrets.token_bytes(184)
        self.blobs[blob] = (arn, given["Plaintext"], given.get("EncryptionContext", {}))
        return {"CiphertextBlob": blob, "KeyId": arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def decrypt(self, given):
        known = self.blobs.get(given["CiphertextBlob"])
        if known is None:
            raise Refusal("InvalidCiphertextException")
        arn, plaintext, context = known
        if "KeyId" in given and self.key(given["KeyId"]) != arn:
            raise Refusal("IncorrectKeyException")
        self.key(arn)
        if context != given.get("EncryptionContext", {}):
            raise Refusal("InvalidCiphertextException")
        return {"Plaintext": plaintext, "KeyId": arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def new_role(self):
        name = "ASIA" + secrets.token_hex(8).upper()
        self.credentials[name] = (secrets.token_urlsafe(30), secrets.token_urlsafe(300))
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6)
        return {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": name, "SecretAccessKey": self.credentials[name][0],
                "Token": self.credentials[name][1], "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")}


def check_signature(kms, method, path, headers, body):
    """Raises unless botocore, signing the same request, comes to the same signature; gives the access key."""
    names = {name.lower(): value for name, value in headers.items()}
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
                         r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", names.get("authorization", ""))
    if match is None:
        raise Refusal("MissingAuthenticationTokenException")
    access_key, day, region, service, signed, signature = match.groups()
    if access_key not in kms.credentials:
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    secret, token = kms.credentials[access_key]
    if access_key in kms.expired:
        raise Refusal("ExpiredTokenException", "The security token included in the request is expired")
    if token != names.get("x-amz-security-token"):
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    must = {"host"} | {name for name in names if name.startswith("x-amz-")}
    if region != REGION or service != "kms" or not must <= set(signed.split(";")):
        raise Refusal("InvalidSignatureException", f"{region} {service} {signed}")
    date = datetime.datetime.strptime(names["x-amz-date"], "%Y%m%dT%H%M%SZ")
    if abs(datetime.datetime.utcnow() - date) > datetime.timedelta(minutes=5) or not names["x-amz-date"].startswith(day):
        raise Refusal("InvalidSignatureException", "Signature expired")
    request = botocore.awsrequest.AWSRequest(method, f"http://{names['host']}{path}", data=body,
                                             headers={name: names[name] for name in signed.split(";")})
    request.context["timestamp"] = names["x-amz-date"]
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(access_key, secret), "kms", REGION)
    ours = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if ours != signature:
        raise Refusal("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
    return access_key


def check_shape(operation, body):
    """The input of a call, with its blobs decoded; raises unless it is of the shape that the service describes."""
    try:
        given = json.loads(body)
        shape = MODEL.operation_model(operation).input_shape
        for name, member in shape.members.items():
            if name in given and member.type_name == "blob":
                given[name] = base64.b64decode(given[name], validate=True)
    except (ValueError, binascii.Error, botocore.exceptions.OperationNotFoundError) as error:
        raise Refusal("SerializationException", str(error))
    report = botocore.validate.ParamValidator().validate(given, shape)
    if report.has_errors():
        raise Refusal("ValidationException", report.generate_report())
    return given


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type="application/x-amz-json-1.1"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, **line):
        os.write(self.server.log, (json.dumps(line) + "\n").encode())

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/latest/api/token" or not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "").isdigit():
            return self.answer(400, b"")
        token = secrets.token_urlsafe(40)
        self.server.kms.metadata_tokens.add(token)
        return self.answer(200, token.encode(), "text/plain")

    def do_GET(self):
        kms = self.server.kms
        if self.path.startswith("/control/"):
            _, _, name, value = self.path.split("/", 3)
            with kms.lock:
                self.control(name, value)
            return self.answer(200, {})
        if self.path == "/container":
            if self.headers.get("Authorization") != "container-token":
                return self.answer(403, b"")
            return self.answer(200, kms.new_role())
        if self.headers.get("X-aws-ec2-metadata-token") not in kms.metadata_tokens:
            return self.answer(401, b"")
        if self.path == ROLE_PATH:
            return self.answer(200, b"the-role\n", "text/plain")
        if self.path == ROLE_PATH + "the-role":
            self.note(operation="role")
            return self.answer(200, kms.new_role())
        return self.answer(404, b"")

    def control(self, name, value):
        kms = self.server.kms
        arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{value}"
        if name == "mode":
            kms.mode = value
        elif name in ("disable", "enable"):
            kms.keys[arn] = name == "enable"
        elif name == "deny_key":
            kms.denied = {arn}
        elif name == "expire":
            kms.expired |= set(kms.credentials) - set(STATIC)

    def do_POST(self):
        kms = self.server.kms
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").removeprefix("TrentService.")
        line = {"operation": operation}
        try:
            line["access_key"] = check_signature(kms, "POST", self.path, self.headers, body)
            given = check_shape(operation, body)
            line.update(key=given.get("KeyId"), context=given.get("EncryptionContext"), mode=kms.mode)
            with kms.lock:
                if kms.mode == "hang":
                    kms.lock.release()
                    try:
                        threading.Event().wait(20)
                    finally:
                        kms.lock.acquire()
                if kms.mode in ("cut", "hang"):
                    self.close_connection = True
                    return self.note(**line, error="cut")
                if kms.mode == "throttle":
                    raise Refusal("ThrottlingException", "Rate exceeded")
                if kms.mode == "deny":
                    raise Refusal("AccessDeniedException", "is not authorized to perform: kms:" + operation)
                if kms.mode == "broken":
                    raise Refusal("KMSInternalException", "", 500)
                result = {"Encrypt": kms.encrypt, "Decrypt": kms.decrypt}[operation](given)
            plaintext = given.get("Plaintext") or result.get("Plaintext")
            line["plaintext"] = base64.b64encode(plaintext).decode()
            self.note(**line)
            self.answer(200, {name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in result.items()})
        except Refusal as refusal:
            self.note(**line, error=refusal.name, text=refusal.text)
            self.answer(refusal.status, {"__type": refusal.name, "message": refusal.text})

    def log_message(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--log", required=True)
    args = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.kms = Kms()
    server.log = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open(args.ports + ".new", "w") as f:
        json.dump({"kms": server.server_port}, f)
    os.rename(args.ports + ".new", args.ports)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
