//! Outputs as HTML. They come from programs nobody has read, so nothing active passes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use ammonia::Builder;
use jupyter_protocol::{Media, MediaType};
use nbformat::v4::Output;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};

use crate::highlight;

/// One output.
pub(crate) fn output(output: &Output) -> String {
    match output {
        Output::Stream { name, text } => {
            format!(
                "<pre class=\"stream {}\">{}</pre>",
                highlight::escape(name),
                highlight::ansi(&text.0)
            )
        }
        Output::DisplayData(display) => media(&display.data),
        Output::ExecuteResult(result) => media(&result.data),
        Output::Error(error) => {
            let text = if error.traceback.is_empty() {
                format!("{}: {}", error.ename, error.evalue)
            } else {
                error.traceback.join("\n")
            };
            format!("<pre class=\"error\">{}</pre>", highlight::ansi(&text))
        }
    }
}

fn media(media: &Media) -> String {
    let rank = |kind: &MediaType| match kind {
        MediaType::Html(_) => 6,
        MediaType::Svg(_) => 5,
        MediaType::Png(_) | MediaType::Jpeg(_) | MediaType::Gif(_) => 4,
        MediaType::Markdown(_) => 3,
        MediaType::Latex(_) | MediaType::Json(_) => 2,
        MediaType::Plain(_) => 1,
        _ => 0,
    };
    match media.richest(rank) {
        Some(MediaType::Html(html)) => format!("<div class=\"rich\">{}</div>", clean(html)),
        Some(MediaType::Svg(svg)) => picture(svg),
        Some(MediaType::Png(data)) => image("image/png", data),
        Some(MediaType::Jpeg(data)) => image("image/jpeg", data),
        Some(MediaType::Gif(data)) => image("image/gif", data),
        Some(MediaType::Markdown(text)) => {
            format!("<div class=\"rich\">{}</div>", markdown(text, None))
        }
        Some(MediaType::Json(json)) => {
            let text = serde_json::to_string_pretty(json).unwrap_or_default();
            format!("<pre>{}</pre>", highlight::escape(&text))
        }
        Some(MediaType::Latex(text) | MediaType::Plain(text)) => {
            format!("<pre>{}</pre>", highlight::ansi(text))
        }
        _ => String::new(),
    }
}

fn image(kind: &str, data: &str) -> String {
    let data: String = data
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c))
        .collect();
    format!("<img src=\"data:{kind};base64,{data}\" alt=\"output\">")
}

/// A picture in an `img` runs no scripts and loads nothing, whatever it holds.
fn picture(svg: &str) -> String {
    format!("<img src=\"{}\" alt=\"picture\">", svg_address(svg))
}

fn svg_address(svg: &str) -> String {
    let svg = if svg.contains("xmlns=") {
        Cow::Borrowed(svg)
    } else {
        Cow::Owned(svg.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1))
    };
    format!("data:image/svg+xml;base64,{}", base64(svg.as_bytes()))
}

/// Markdown as HTML. Pictures that lie beside the notebook are put into the page.
pub(crate) fn markdown(text: &str, folder: Option<&Path>) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let embedded = folder.and_then(|folder| embed(folder, &dest_url));
            let dest_url = embedded.map_or(dest_url, CowStr::from);
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            })
        }
        event => event,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    clean(&html)
}

fn embed(folder: &Path, address: &str) -> Option<String> {
    if address.contains(':') {
        return None;
    }
    let bytes = std::fs::read(folder.join(address)).ok()?;
    let kind = match Path::new(address).extension()?.to_str()? {
        "svg" => return Some(svg_address(&String::from_utf8(bytes).ok()?)),
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        _ => return None,
    };
    Some(format!("data:{kind};base64,{}", base64(&bytes)))
}

/// What tables, bars and coloured words need. Nothing that positions, loads or covers.
const PROPERTIES: [&str; 28] = [
    "width",
    "min-width",
    "max-width",
    "height",
    "min-height",
    "max-height",
    "color",
    "background-color",
    "text-align",
    "vertical-align",
    "padding",
    "padding-left",
    "padding-right",
    "padding-top",
    "padding-bottom",
    "margin",
    "border",
    "border-collapse",
    "border-radius",
    "border-bottom",
    "border-left",
    "font-weight",
    "font-style",
    "font-family",
    "font-size",
    "display",
    "opacity",
    "white-space",
];

/// HTML without scripts, handlers, frames, forms and foreign styles. Inline SVG becomes a picture.
fn clean(html: &str) -> String {
    let html = pictures(html);
    Builder::default()
        .add_tags([
            "progress",
            "meter",
            "details",
            "summary",
            "figure",
            "figcaption",
        ])
        .add_tag_attributes("progress", ["value", "max"])
        .add_tag_attributes("meter", ["value", "min", "max"])
        .add_generic_attributes(["style"])
        .add_tag_attributes("code", ["class"])
        .filter_style_properties(HashSet::from(PROPERTIES))
        .add_url_schemes(["data"])
        .attribute_filter(|element, attribute, value| {
            let data = value.trim_start().to_ascii_lowercase().starts_with("data:");
            let picture = element == "img" && attribute == "src";
            if data
                && !(picture
                    && value
                        .trim_start()
                        .to_ascii_lowercase()
                        .starts_with("data:image/"))
            {
                return None;
            }
            Some(Cow::Borrowed(value))
        })
        .clean(&html)
        .to_string()
}

/// Replaces each `<svg>…</svg>` by an image of it.
fn pictures(html: &str) -> String {
    let mut result = String::new();
    let mut rest = html;
    while let Some(start) = rest.find("<svg") {
        let Some(end) = rest[start..]
            .find("</svg>")
            .map(|at| start + at + "</svg>".len())
        else {
            break;
        };
        result.push_str(&rest[..start]);
        result.push_str(&picture(&rest[start..end]));
        rest = &rest[end..];
    }
    result.push_str(rest);
    result
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            if at <= chunk.len() {
                text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }

    #[test]
    fn nothing_active_passes() {
        let html = clean(
            "<b style=\"color: red; position: fixed\" onclick=\"x()\">a</b><script>alert(1)</script>\
             <iframe src=\"x\"></iframe><a href=\"javascript:x()\">l</a><a href=\"data:text/html,x\">d</a>\
             <img src=\"data:text/html,x\"><style>*{}</style><svg onload=\"x()\"><script>y()</script></svg>",
        );
        for bad in [
            "onclick",
            "<script",
            "alert",
            "iframe",
            "javascript:",
            "data:text",
            "<style",
            "<svg",
            "position",
        ] {
            assert!(!html.contains(bad), "`{bad}` in {html}");
        }
        assert!(
            html.contains("color:red") || html.contains("color: red"),
            "{html}"
        );
        assert!(html.contains("data:image/svg+xml;base64,"), "{html}");
    }

    #[test]
    fn markdown_keeps_tables_and_folded_answers() {
        let html = markdown(
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n<details><summary>S</summary>\n\n`x`\n\n</details>\n",
            None,
        );
        assert!(
            html.contains("<table>") && html.contains("<summary>S</summary>"),
            "{html}"
        );
        assert!(html.contains("<code>x</code>"), "{html}");
    }
}
