//! A delivery as a command that a person can run. What is secret stays masked: the signature is made anew from a secret that
//! the person puts in.

use serde_json::Value;

/// The variable that the command takes the secret from.
const VARIABLE: &str = "WEBHOOK_SECRET";

/// A word that a POSIX shell takes as it stands.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The command, with its body in a variable so that the very same bytes are signed and sent.
#[must_use]
pub fn command(request: &Value) -> String {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let mut lines = vec![format!("BODY={}", quoted(text("body")))];
    let headers = request["headers"].as_object();
    let signed = headers.is_some_and(|headers| headers.contains_key("X-Webhook-Signature"));
    if signed {
        lines.insert(
            0,
            format!("{VARIABLE}='***'   # put the endpoint's secret here"),
        );
    }
    let mut command = vec![format!("curl -sS -X POST {}", quoted(text("url")))];
    for (name, value) in headers.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        match name.as_str() {
            "X-Webhook-Signature" => command.push(format!(
                "-H \"X-Webhook-Signature: sha256=$(printf %s \"$BODY\" | openssl dgst -sha256 -hmac \"${VARIABLE}\" -r | cut -d' ' -f1)\""
            )),
            // The newer scheme signs the time of the attempt: what was right then is stale now.
            "webhook-signature" | "X-Webhook-Signature-Previous" => {}
            _ => command.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
        }
    }
    command.push("--data-binary \"$BODY\"".to_owned());
    lines.push(command.join(" \\\n  "));
    lines.join("\n")
}
