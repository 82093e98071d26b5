use super::*;
use proptest::prelude::*;

fn parse(text: &[u8]) -> Result<Object, PdfError> {
    Lexer::new(text, 0).object()
}

#[test]
fn reads_every_kind_of_object() {
    let object = parse(
        b"<< /A 1 /B -2.5 /C (a\\(b\\051\\r\\\n(c)) /D <48 65 6c6> /E [true null 3 0 R 4 0] \
          /F#20G /H % comment\n /I << /J .5 >> >>",
    )
    .unwrap();
    let dictionary = object.as_dict().unwrap();
    assert_eq!(dictionary.get(b"A").unwrap(), &Object::Integer(1));
    assert_eq!(dictionary.get(b"B").unwrap(), &Object::Real(-2.5));
    assert_eq!(dictionary.get(b"C").unwrap().as_str().unwrap(), b"a(b)\r(c)");
    assert_eq!(dictionary.get(b"D").unwrap().as_str().unwrap(), b"Hel\x60");
    let array = dictionary.get(b"E").unwrap().as_array().unwrap();
    assert_eq!(array[2], Object::Reference((3, 0)));
    assert_eq!(array.len(), 5);
    assert_eq!(dictionary.get(b"F G").unwrap(), &Object::Name(b"H".to_vec()));
}

#[test]
fn tells_where_the_members_stand_and_which_came_twice() {
    let text = b"7 0 obj\n<< /Contents <00> /Contents <01> >>\nendobj";
    let indirect = Lexer::new(text, 0).indirect(|_| None).unwrap();
    assert!(indirect.duplicate_keys);
    let (_, second) = &indirect.members[1];
    assert_eq!(&text[second.clone()], b"<01>");
}

#[test]
fn refuses_what_is_not_an_object() {
    for text in [&b"<< /A"[..], b"[1 2", b"(open", b"<4g>", b"1.2.3", b"nil", b"<</A 1 2>>"] {
        assert!(parse(text).is_err(), "{}", String::from_utf8_lossy(text));
    }
    let deep = [b"[".repeat(100), b"]".repeat(100)].concat();
    assert!(parse(&deep).is_err());
}

#[test]
fn a_stream_is_as_long_as_it_says() {
    let good = b"1 0 obj << /Length 3 >> stream\nabc\nendstream endobj";
    let indirect = Lexer::new(good, 0).indirect(|_| None).unwrap();
    assert_eq!(&good[indirect.stream.unwrap()], b"abc");
    for bad in [
        &b"1 0 obj << /Length 2 >> stream\nabc\nendstream endobj"[..],
        b"1 0 obj << /Length 99 >> stream\nabc\nendstream endobj",
        b"1 0 obj << /Length -1 >> stream\nabc\nendstream endobj",
    ] {
        assert!(Lexer::new(bad, 0).indirect(|_| None).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let _ = Lexer::new(&bytes, 0).indirect(|_| Some(4));
    }

    #[test]
    fn white_space_between_digits_says_nothing(
        digits in proptest::collection::vec((0_u8..16, 0_usize..3), 0..60),
    ) {
        let mut written = b"<".to_vec();
        for (digit, blanks) in &digits {
            written.extend(format!("{digit:x}").bytes());
            written.extend(std::iter::repeat_n(b'\n', *blanks));
        }
        written.push(b'>');
        let pair = |pair: &[(u8, usize)]| pair[0].0 << 4 | pair.get(1).map_or(0, |low| low.0);
        let read = digits.chunks(2).map(pair).collect();
        prop_assert_eq!(
            parse(&written).unwrap(),
            Object::String(read, StringFormat::Hexadecimal)
        );
    }

    #[test]
    fn long_hex_strings_are_read_whole_or_not_at_all(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        upper in any::<bool>(),
        stray in proptest::option::of((any::<u8>(), any::<proptest::sample::Index>())),
    ) {
        let digits = |byte: &u8| match upper {
            true => format!("{byte:02X}"),
            false => format!("{byte:02x}"),
        };
        let mut written: Vec<u8> = format!("<{}>", bytes.iter().map(digits).collect::<String>()).into();
        let whole = Object::String(bytes, StringFormat::Hexadecimal);
        let inside = |written: &[u8]| are_hex_digits(&written[1..written.len() - 1]);
        prop_assert!(inside(&written));
        prop_assert_eq!(parse(&written).unwrap(), whole.clone());
        let Some((stray, at)) = stray else { return Ok(()) };
        let at = 1 + at.index(written.len() - 1);
        written.insert(at, stray);
        prop_assert_eq!(inside(&written), stray.is_ascii_hexdigit());
        match stray {
            b'>' => {}
            stray if is_white(stray) => prop_assert_eq!(parse(&written).unwrap(), whole),
            stray if stray.is_ascii_hexdigit() => prop_assert_ne!(parse(&written).unwrap(), whole),
            _ => prop_assert!(parse(&written).is_err()),
        }
    }

    #[test]
    fn what_is_written_is_read_back(text in proptest::collection::vec(any::<u8>(), 0..40), number: i32) {
        let object = Object::Array(vec![
            Object::String(text.clone(), StringFormat::Literal),
            Object::String(text.clone(), StringFormat::Hexadecimal),
            Object::Name(text),
            Object::Integer(number.into()),
            Object::Reference((7, 1)),
        ]);
        let mut written = Vec::new();
        lopdf::Writer::write_object(&mut written, &object).unwrap();
        prop_assert_eq!(parse(&written).unwrap(), object);
    }
}
