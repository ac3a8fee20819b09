//! The sketch on a document: only drawings as this service makes them, that is shapes and words. Whatever could
//! fetch, run, style or fill memory is no sketch.

use roxmltree::{Document, Node, ParsingOptions};

/// Ample for a crossing with many vehicles.
const MOST_BYTES: usize = 256 << 10;
const MOST_ELEMENTS: u32 = 4000;

const SHAPES: [&str; 16] = [
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "text", "tspan", "marker", "clipPath",
];

/// Whether it is a drawing that may be printed.
pub(crate) fn is_drawing(svg: &str) -> bool {
    if svg.len() > MOST_BYTES || svg.contains("<!") || svg.contains("<?") {
        return false;
    }
    let options = ParsingOptions { nodes_limit: 3 * MOST_ELEMENTS, ..ParsingOptions::default() };
    Document::parse_with_options(svg, options).is_ok_and(|document| {
        document.root_element().tag_name().name() == "svg"
            && document.descendants().filter(Node::is_element).all(|element| is_shape(&element))
    })
}

fn is_shape(element: &Node<'_, '_>) -> bool {
    SHAPES.contains(&element.tag_name().name())
        && element.attributes().all(|attribute| {
            let (name, value) = (attribute.name(), attribute.value());
            // A reference to a marker or clip path of its own is the only one.
            let refers = value.contains("url(") && !value.trim().starts_with("url(#");
            !(refers || name == "href" || name == "style" || name.starts_with("on"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"><defs><marker id=\"a\">\
        <path d=\"M0 0\"/></marker></defs><g><line x1=\"0\" y1=\"0\" x2=\"9\" y2=\"9\" marker-end=\"url(#a)\"/>\
        <text x=\"1\" y=\"2\">甲</text></g></svg>";

    #[test]
    fn shapes_and_words_are_a_drawing() {
        assert!(is_drawing(DRAWING));
    }

    #[test]
    fn whatever_fetches_runs_or_grows_is_none() {
        let with = |inside: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>");
        for hostile in [
            String::new(),
            "not xml".to_owned(),
            "<html/>".to_owned(),
            format!("<!DOCTYPE svg [<!ENTITY a \"b\">]>{DRAWING}"),
            format!("<?xml-stylesheet href=\"x\"?>{DRAWING}"),
            with("<script>1</script>"),
            with("<image href=\"/data.json\"/>"),
            with("<image href=\"data:image/png;base64,AA\"/>"),
            with("<use href=\"#a\"/>"),
            with("<style>*{}</style>"),
            with("<foreignObject/>"),
            with("<rect style=\"fill:url(http://x)\"/>"),
            with("<rect fill=\"url(http://x)\"/>"),
            with("<rect fill=\"red url(http://x)\"/>"),
            with("<rect onclick=\"x\"/>"),
            with("<filter/>"),
            with(&"<g/>".repeat(20_000)),
            with(&"长".repeat(MOST_BYTES)),
            with("<g>"),
        ] {
            assert!(!is_drawing(&hostile), "{}", hostile.chars().take(80).collect::<String>());
        }
    }
}
