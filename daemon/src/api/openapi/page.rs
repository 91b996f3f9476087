//! The OpenAPI document as one page of HTML for people. It loads nothing: style and script stand in it.

use serde_json::Value;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// One method of one path.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    said: &'a Value,
    /// Of the path: its ids.
    given: &'a Value,
}

/// The page.
#[must_use]
pub fn page(document: &Value) -> String {
    let info = &document["info"];
    let operations = operations(document);
    let (mut nav, mut main) = (String::new(), String::new());
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let (title, about) = text(&tag["description"])
            .split_once(". ")
            .unwrap_or((name, ""));
        let mine = operations
            .iter()
            .filter(|one| one.said["tags"][0] == tag["name"]);
        put(&mut nav, format_args!("<section><h2>{}</h2>", safe(title)));
        put(
            &mut main,
            format_args!(
                "<section id=\"{0}\"><h2>{1}</h2><p>{2}</p>",
                safe(name),
                safe(title),
                marked(about)
            ),
        );
        for one in mine {
            entry(&mut nav, one);
            article(&mut main, document, one);
        }
        nav.push_str("</section>");
        main.push_str("</section>");
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} {version}: its interface</title><style>{STYLE}</style></head><body>\
         <nav><h1>{title}<small>{version}</small></h1><input type=\"search\" placeholder=\"Find (/)\" aria-label=\"Find\">{nav}</nav>\
         <main><section><h2>{summary}</h2><p class=\"lead\">{about}</p></section>{main}</main><script>{SCRIPT}</script></body></html>",
        title = safe(text(&info["title"])),
        version = safe(text(&info["version"])),
        summary = safe(text(&info["summary"])),
        about = marked(text(&info["description"])),
    )
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(said) = methods.get(method) {
                let given = &methods["parameters"];
                found.push(Operation {
                    method,
                    path,
                    said,
                    given,
                });
            }
        }
    }
    found
}

/// What the search looks in.
fn haystack(one: &Operation<'_>) -> String {
    let found = format!("{} {} {}", one.method, one.path, text(&one.said["summary"]));
    safe(&found.to_lowercase())
}

fn entry(nav: &mut String, one: &Operation<'_>) {
    put(
        nav,
        format_args!(
            "<a href=\"#{id}\" data-find=\"{find}\"><b class=\"{method}\">{upper}</b><span>{path}</span></a>",
            id = safe(text(&one.said["operationId"])),
            find = haystack(one),
            method = one.method,
            upper = one.method.to_uppercase(),
            path = safe(one.path),
        ),
    );
}

fn article(main: &mut String, document: &Value, one: &Operation<'_>) {
    put(
        main,
        format_args!(
            "<article id=\"{id}\" data-find=\"{find}\"><h3><span class=\"b {method}\">{upper}</span><code>{path}</code></h3>\
             <p class=\"t\">{title}</p><p>{about}</p>",
            id = safe(text(&one.said["operationId"])),
            find = haystack(one),
            method = one.method,
            upper = one.method.to_uppercase(),
            path = safe(one.path),
            title = safe(text(&one.said["summary"])),
            about = marked(text(&one.said["description"])),
        ),
    );
    parameters(main, document, one);
    if let Some(content) = one.said["requestBody"]["content"].as_object() {
        for (kind, body) in content {
            let optional = one.said["requestBody"]["required"] == false;
            let may = if optional { ", may be left out" } else { "" };
            put(main, format_args!("<h4>Body · {}{may}</h4>", safe(kind)));
            sample(main, &body["example"]);
        }
    }
    let mut refusals = String::new();
    for (status, response) in one.said["responses"].as_object().into_iter().flatten() {
        let about = followed(document, response);
        let description = text(&about["description"]);
        if response.get("$ref").is_some() {
            put(
                &mut refusals,
                format_args!("<tr><td>{status}</td><td>{}</td></tr>", marked(description)),
            );
            continue;
        }
        put(
            main,
            format_args!("<h4>{status}</h4><p>{}</p>", marked(description)),
        );
        for (kind, body) in about["content"].as_object().into_iter().flatten() {
            if body["example"].is_null() {
                put(
                    main,
                    format_args!("<span class=\"c\">{}</span>", safe(kind)),
                );
            } else {
                sample(main, &body["example"]);
            }
        }
    }
    put(
        main,
        format_args!(
            "<details><summary>What it may refuse</summary><table>{refusals}</table></details></article>"
        ),
    );
}

fn parameters(main: &mut String, document: &Value, one: &Operation<'_>) {
    let lists = [one.given, &one.said["parameters"]];
    let all: Vec<&Value> = lists
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(|given| followed(document, given))
        .collect();
    if all.is_empty() {
        return;
    }
    main.push_str("<h4>Parameters</h4><table>");
    for given in all {
        put(
            main,
            format_args!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                safe(text(&given["name"])),
                safe(&kind(given)),
                marked(text(&given["description"]))
            ),
        );
    }
    main.push_str("</table>");
}

/// Where a parameter stands and what it may be.
fn kind(given: &Value) -> String {
    let schema = &given["schema"];
    let mut told = format!("{} · {}", text(&given["in"]), text(&schema["type"]));
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().map(text).collect();
        told = format!("{} · {}", text(&given["in"]), words.join(" | "));
    }
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => told + &format!(" {least}–{most}"),
        (Some(least), None) => told + &format!(" from {least}"),
        _ => told,
    }
}

fn sample(out: &mut String, example: &Value) {
    // Plain data always has a JSON form.
    let pretty = serde_json::to_string_pretty(example).unwrap_or_default();
    put(
        out,
        format_args!("<pre><code>{}</code></pre>", safe(&pretty)),
    );
}

/// The value, or what its `$ref` names.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|place| document.pointer(place.trim_start_matches('#')))
        .unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Writing to a string can't fail.
fn put(out: &mut String, said: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(said);
}

/// Text within HTML.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The same, with `code` between backticks.
fn marked(text: &str) -> String {
    let mut html = String::new();
    for (turn, part) in safe(text).split('`').enumerate() {
        match turn % 2 {
            0 => html.push_str(part),
            _ => put(&mut html, format_args!("<code>{part}</code>")),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_not_become_markup() {
        assert_eq!(safe("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(marked("send `<x>` now"), "send <code>&lt;x&gt;</code> now");
    }
}
