//! Whatever arrives, nothing panics, nothing is lost, and no limit is passed.
//!
//! Two inputs come from outside: the front end's messages and the bytes of a worker, whose cells
//! may write anything anywhere. The third, the text of a cell, is cut and put together again. Each
//! property runs on generated input, bounded in number, after the corpus of what was found before.

use crate::cell::Cell;
use crate::generate::{Findings, generate};
use crate::stream::{Parser, Piece};
use crate::{book, commands, frame, magics, request, syntax, wire};
use bytes::Bytes;
use proptest::prelude::*;

/// What a worker's output is made of: our own markers, cut and whole, among anything else.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let markers = prop::sample::select(vec![
        "EVCXR_BEGIN_CONTENT text/html\n",
        "EVCXR_BEGIN_CONTENT application/vnd.ferrolab.result\n",
        "EVCXR_BEGIN_CONTENT application/vnd.ferrolab.message+json\n",
        "{\"msg_type\":\"display_data\",\"content\":{}}",
        "\nEVCXR_END_CONTENT\n",
        "EVCXR_END_CONTENT",
        "EVCXR_INPUT_REQUEST:Name?\n",
        "EVCXR_PANIC_NOTIFICATION\n",
        "EVCXR_",
        "\n",
        "grüße",
    ]);
    let part = prop_oneof![
        3 => markers.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

fn pieces(bytes: &[u8], cut: usize) -> Vec<Piece> {
    let mut parser = Parser::default();
    let mut all: Vec<Piece> = Vec::new();
    let mut found: Vec<Piece> = bytes
        .chunks(cut)
        .flat_map(|part| parser.feed(part))
        .collect();
    found.extend(parser.finish());
    for piece in found {
        match (all.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
            (_, piece) => all.push(piece),
        }
    }
    all
}

/// Lines that cells are made of, right and wrong ones.
fn cell() -> impl Strategy<Value = String> {
    let lines = prop::sample::select(vec![
        "let x = 1;",
        "let (a, mut b) = (1, \"ü\");",
        "  x + 1",
        "fn f() {}",
        "struct P { x: i32 }",
        "impl P { fn new() -> P { P { x: 1 } } }",
        "use std::{fmt, collections::*};",
        "#![allow(unused)]",
        "let f = |x: i32| x + 1;",
        "let g = { let n = 1; move || n };",
        "if x > 0 { return; }",
        "f()?;",
        "macro_rules! m { () => { 1 } }",
        "// a comment",
        "/* open",
        "println!(\"{x}\")",
        "}",
        "{",
        "let s = \"open",
        "r#\"raw\"#;",
        ":dep regex = \"1\"",
        "%%time",
        "%who",
        "!ls",
        "",
        "€; ½",
    ]);
    let line = prop_oneof![
        6 => lines.prop_map(str::to_owned),
        1 => "[ -~ü\t]{0,20}",
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn output_is_the_same_however_it_is_cut(bytes in output(), cut in 1usize..9) {
        prop_assert_eq!(pieces(&bytes, cut), pieces(&bytes, bytes.len().max(1)));
    }

    #[test]
    fn frames_of_any_bytes_are_read_or_dropped(message in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = frame::parse(&message);
        let _ = request::Request::parse(&message);
    }

    #[test]
    fn frames_with_a_known_kind_and_any_payload_too(kind in any::<u8>(), payload in ".{0,80}") {
        let _ = frame::parse(&frame::encode(kind, &payload));
    }

    #[test]
    fn messages_of_any_parts_are_read_or_refused(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"{}".to_vec()),
                Just(br#"{"msg_id":"1","session":"s","username":"u","date":"2026-01-01T00:00:00Z","msg_type":"execute_request","version":"5.4"}"#.to_vec()),
                Just(br#"{"code":"1","silent":false}"#.to_vec()),
                Just(br#"{"code":1,"silent":null,"user_expressions":[]}"#.to_vec()),
                prop::collection::vec(any::<u8>(), 0..30),
            ],
            0..7,
        )
    ) {
        let parts: Vec<Bytes> = parts.into_iter().map(Bytes::from).collect();
        let _ = wire::decode(Vec::new(), &parts);
    }

    #[test]
    fn a_cell_is_cut_without_a_loss(code in cell()) {
        let _ = syntax::is_complete(&code);
        let _ = magics::parse(&code);
        let code = match commands::split(&code) {
            Ok((_, code)) => code,
            Err(_) => code,
        };
        let cell = Cell::parse(&code);
        let mut pieces: Vec<_> = cell.attributes.clone();
        pieces.extend(cell.items.iter().map(|item| item.piece.clone()));
        pieces.extend(cell.statements.iter().map(|statement| statement.piece.clone()));
        pieces.sort_by_key(|piece| piece.start);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(dense(&whole), dense(&code));
        for piece in &pieces {
            prop_assert!(code[piece.start..].starts_with(&piece.text));
        }
    }

    #[test]
    fn the_map_leads_back_to_the_cells_own_lines(code in cell()) {
        let cell = Cell::parse(&code);
        let (book, _) = book::Book::default().apply(&cell);
        let source = generate(&book, &cell, &Findings::default());
        let lines: Vec<&str> = code.lines().collect();
        for (at, line) in source.text.lines().enumerate() {
            if let Some(place) = source.map.place(at + 1) {
                let own = lines.get(place.line - 1).copied().unwrap_or_default();
                prop_assert!(own.contains(line.trim()), "{line:?} is not in {own:?}");
            }
        }
        prop_assert_eq!(source.map.len(), source.text.lines().count());
    }

    #[test]
    fn the_source_is_the_same_each_time(first in cell(), second in cell()) {
        let make = || {
            let cell = Cell::parse(&first);
            let (mut book, _) = book::Book::default().apply(&cell);
            book.commit();
            let cell = Cell::parse(&second);
            let (book, _) = book.apply(&cell);
            generate(&book, &cell, &Findings::default()).text
        };
        prop_assert_eq!(make(), make());
    }
}
