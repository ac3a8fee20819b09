//! What a typeset determination must hold, seen through the pages themselves.

use typst::layout::{Frame, FrameItem};

use super::*;
use crate::{PartyLine, specimen};

fn text_of(frame: &Frame, text: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => text_of(&group.frame, text),
            FrameItem::Text(run) => text.push_str(&run.text),
            _ => {}
        }
    }
}

fn pages(renderer: &Renderer, paper: &DeterminationPaper) -> Vec<String> {
    let document = renderer.typeset_determination(paper).expect("typesets");
    document
        .pages()
        .iter()
        .map(|page| {
            let mut text = String::new();
            text_of(&page.frame, &mut text);
            text.replace('\u{200b}', "")
        })
        .collect()
}

fn renderer() -> Renderer {
    Renderer::new().expect("loads")
}

/// A black diagonal stroke on a transparent ground.
fn png(side: u32) -> Vec<u8> {
    let stroke = image::RgbaImage::from_fn(side, 40, |x, y| {
        image::Rgba([0, 0, 0, if (x * 40).abs_diff(y * side) < 3 * side { 255 } else { 0 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    stroke.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

#[test]
fn an_ordinary_case_fits_one_page_and_shows_every_field() {
    let paper = specimen::paper();
    let pages = pages(&renderer(), &paper);
    assert_eq!(pages.len(), 1);
    let party = &paper.parties[1];
    let expected = [
        "370303202611230001",
        "淄博市公安局交通警察支队张店大队",
        "2026年11月23日08时15分",
        "鲁CD12345",
        "370303199001011234",
        "PDZA202637030000123456",
        "追尾碰撞",
        "全部责任",
        "拒绝签名",
        "037123",
        "三个工作日",
        "第1页",
        "共1页",
        party.name.as_deref().expect("a name"),
        paper.verification_url.as_str(),
    ];
    for words in expected {
        assert!(pages[0].replace(' ', "").contains(words), "{words} is missing");
    }
}

#[test]
fn the_same_paper_gives_the_same_bytes_in_any_renderer() {
    let paper = specimen::paper();
    let first = renderer().render_determination(&paper).expect("renders");
    let second = renderer().render_determination(&paper).expect("renders");
    assert!(first.starts_with(b"%PDF-"));
    assert!(first == second, "the bytes differ");
    let mark = b"<pdfaid:part>2<";
    assert!(first.windows(mark.len()).any(|bytes| bytes == mark), "not marked as PDF/A-2");
}

#[test]
fn another_paper_in_between_changes_nothing() {
    let renderer = renderer();
    let paper = specimen::paper();
    let first = renderer.render_determination(&paper).expect("renders");
    let other = DeterminationPaper { number: "2".into(), parties: Vec::new(), ..specimen::paper() };
    assert!(renderer.render_determination(&other).expect("renders") != first);
    assert!(renderer.render_determination(&paper).expect("renders") == first);
}

#[test]
fn rare_characters_of_names_are_printed() {
    let mut paper = specimen::paper();
    paper.parties[0].name = Some("㛃𬱖𬘘䶮𠅤𫖯".into());
    let renderer = renderer();
    let pages = pages(&renderer, &paper);
    assert!(pages[0].contains("㛃𬱖𬘘䶮𠅤𫖯"));
    assert!(!pages[0].contains('〓'));
    renderer.render_determination(&paper).expect("every glyph is there");
}

#[test]
fn markup_in_any_text_prints_as_it_is() {
    let hostile = "#panic() *粗* $x^2$ _斜_ `c` \\ <l> @r = 题 // 注 [b] {b} #import \"/x\"";
    let text = || Some(hostile.to_owned());
    let mut paper = specimen::paper();
    paper.place = text();
    paper.facts = text();
    paper.mediation = text();
    paper.articles = vec![hostile.into()];
    paper.rights_notice = vec![hostile.into()];
    paper.superseded = text();
    paper.unit_name = hostile.into();
    for party in &mut paper.parties {
        *party = PartyLine { name: text(), plate: text(), insurer: text(), ..party.clone() };
    }
    let renderer = renderer();
    let printed = pages(&renderer, &paper).concat().replace(' ', "");
    for mark in
        ["#panic()", "*粗*", "$x^2$", "_斜_", "`c`", "\\<l>", "@r", "=题", "//注", "[b]{b}", "#import\"/x\""]
    {
        assert!(printed.matches(mark).count() >= 10, "{mark} was read as markup");
    }
    renderer.render_determination(&paper).expect("renders");
}

#[test]
fn a_character_without_a_glyph_prints_as_a_geta_mark_with_a_note() {
    let mut paper = specimen::paper();
    paper.parties[0].name = Some("张😀\u{e815}\u{202e}三".into());
    let renderer = renderer();
    let printed = pages(&renderer, &paper).concat();
    assert!(printed.contains("张〓〓三"));
    assert!(printed.contains("超出字库"));
    assert!(!pages(&renderer, &specimen::paper()).concat().contains("超出字库"));
    renderer.render_determination(&paper).expect("renders");
}

#[test]
fn every_character_that_the_font_claims_can_be_exported() {
    let renderer = renderer();
    let font = renderer.press.font().clone();
    let odd: String = (0x20..0x3000_u32)
        .chain(0xfe00..=0xffff)
        .chain(0x1_f000..0x1_f300)
        .filter_map(char::from_u32)
        .filter(|c| font.info().coverage.contains(u32::from(*c)))
        .collect();
    let paper = DeterminationPaper { facts: Some(odd), ..specimen::paper() };
    renderer.render_determination(&paper).expect("renders");
}

#[test]
fn unknown_and_blank_fields_print_as_not_known() {
    let paper = DeterminationPaper {
        occurred_at: None,
        place: Some(" \n ".into()),
        weather: None,
        parties: vec![PartyLine { role: "甲".into(), ..PartyLine::default() }],
        accident_form: None,
        impact_parts: None,
        facts: None,
        liability: Vec::new(),
        articles: Vec::new(),
        mediation: None,
        officer_name: None,
        officer_number: None,
        signatures: Vec::new(),
        service: None,
        rights_notice: Vec::new(),
        ..specimen::paper()
    };
    let renderer = renderer();
    assert!(pages(&renderer, &paper).concat().matches("不详").count() >= 15);
    renderer.render_determination(&paper).expect("renders");
}

#[test]
fn six_parties_and_long_facts_go_on_to_further_pages() {
    let mut paper = specimen::paper();
    paper.parties = ["甲", "乙", "丙", "丁", "戊", "己"]
        .map(|role| PartyLine { role: role.into(), ..paper.parties[0].clone() })
        .to_vec();
    paper.facts = paper.facts.map(|facts| facts.repeat(8));
    let renderer = renderer();
    let pages = pages(&renderer, &paper);
    assert!(pages.len() >= 2, "{} pages", pages.len());
    for (index, page) in pages.iter().enumerate() {
        let numbering = format!("第{}页共{}页", index + 1, pages.len());
        assert!(
            page.replace([' ', '\u{3000}'], "").contains(&numbering),
            "page {} has no {numbering}",
            index + 1
        );
    }
    assert!(pages.concat().contains("当事人己"));
    renderer.render_determination(&paper).expect("renders");
}

#[test]
fn the_longest_allowed_text_renders_and_a_longer_one_is_refused() {
    let renderer = renderer();
    let of_length = |letters| DeterminationPaper { facts: Some("W".repeat(letters)), ..specimen::paper() };
    assert!(pages(&renderer, &of_length(8_000)).len() > 1);
    let refused = RenderError::TooMuch { what: "bytes of text", most: MOST_BYTES_OF_DATA };
    assert_eq!(renderer.render_determination(&of_length(MOST_BYTES_OF_DATA)), Err(refused));
}

#[test]
fn a_party_that_fills_more_than_a_page_runs_on_instead_of_off_the_sheet() {
    let mut paper = specimen::paper();
    paper.parties[0].name = Some("W".repeat(3_000));
    assert!(pages(&renderer(), &paper).len() >= 4);
}

#[test]
fn too_many_parties_are_refused() {
    let mut paper = specimen::paper();
    paper.parties = vec![PartyLine::default(); 21];
    assert_eq!(
        renderer().render_determination(&paper),
        Err(RenderError::TooMuch { what: "parties", most: 20 })
    );
}

#[test]
fn a_replaced_paper_says_so() {
    let paper = DeterminationPaper {
        superseded: Some("已被第2号认定书替代。".into()), ..specimen::paper()
    };
    let printed = pages(&renderer(), &paper).concat();
    assert!(printed.contains("已失效") && printed.contains("已被第2号认定书替代"));
}

#[test]
fn a_drawn_signature_is_printed_and_a_broken_one_is_named() {
    let renderer = renderer();
    let drawn = |bytes: Vec<u8>| {
        let mut paper = specimen::paper();
        paper.signatures[0].image = Some(bytes);
        renderer.render_determination(&paper)
    };
    drawn(png(120)).expect("renders");
    let refused = Err(RenderError::SignatureImage { position: 1 });
    let mut cut = png(120);
    cut.truncate(40);
    for broken in [Vec::new(), b"<svg/>".to_vec(), cut, png(5_000), vec![0; 2 << 20]] {
        assert_eq!(drawn(broken), refused);
    }
}

#[test]
fn an_address_that_makes_no_qr_code_is_refused() {
    for address in [String::new(), "  ".into(), "https://例.example/".into(), "x".repeat(4_000)] {
        let paper = DeterminationPaper { verification_url: address, ..specimen::paper() };
        assert_eq!(renderer().render_determination(&paper), Err(RenderError::VerificationUrl));
    }
}

#[test]
fn a_paper_shows_no_personal_data_in_debug_output() {
    let shown =
        format!("{:?} {:?}", specimen::paper(), (specimen::paper().parties, specimen::paper().signatures));
    for secret in ["张三", "王", "138", "3703031990", "鲁C", "不愿"] {
        assert!(!shown.contains(secret));
    }
}

#[test]
fn a_renderer_can_be_shared_between_threads() {
    let renderer = renderer();
    let paper = specimen::paper();
    let papers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| renderer.render_determination(&paper))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic").expect("renders")).collect()
    });
    assert!(papers.windows(2).all(|pair| pair[0] == pair[1]));
}
