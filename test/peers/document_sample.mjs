// The verification code that the webhook document prints for receivers in
// Node.js, with only its type annotations taken away and an export added.
import crypto from "crypto";

function verifyWebhook(
  rawBody,
  signature,
  timestamp,
  secret,
) {
  // 1. Verify timestamp is recent (anti-replay).
  const age = Date.now() / 1000 - parseInt(timestamp);
  if (age > 300) return false; // >5 min → reject

  // 2. Compute expected signature.
  const expected = crypto
    .createHmac("sha256", secret)
    .update(`${timestamp}.${rawBody}`)
    .digest("hex");

  // 3. Compare with time-safe equals.
  const received = signature.replace("sha256=", "");
  return crypto.timingSafeEqual(
    Buffer.from(expected),
    Buffer.from(received),
  );
}

export { verifyWebhook };
