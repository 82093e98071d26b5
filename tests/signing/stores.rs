//! The document security store as a way in: an update may make it lead anywhere, and what it
//! holds may change.

use lopdf::{Dictionary, Object, Stream, dictionary};

use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

/// The key of a signature in `/VRI`.
const KEY: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

/// A further revision with this as the security store.
pub fn with_store(bytes: &[u8], store: Dictionary) -> Vec<u8> {
    append(bytes, |update, source| {
        let (id, mut catalog) = source.catalog().unwrap();
        catalog.set("DSS", store);
        update.set(id, catalog.into());
    })
}

fn reference(number: u32) -> Object {
    Object::Reference((number, 0))
}

/// A further revision in which an object is another one.
pub fn with_object(bytes: &[u8], number: u32, object: impl Into<Object>) -> Vec<u8> {
    append(bytes, |update, _| update.set((number, 0), object.into()))
}

fn forged() -> Stream {
    Stream::new(Dictionary::new(), b"BT /F1 24 Tf 72 700 Td (Forged) Tj ET".to_vec())
}

pub fn cases() -> Vec<Case> {
    let letter = corpus().file("table");
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let class = "security store";
    let content = Expected::Forbidden("page-content");

    let page = with_store(letter, dictionary! { "X" => reference(3) });
    add(
        class,
        "it leads to a page, whose contents change",
        with_object(&page, 5, forged()),
        content,
    );
    let certificate = with_store(letter, dictionary! { "Certs" => vec![reference(5)] });
    add(
        class,
        "contents as a certificate, which changes",
        with_object(&certificate, 5, forged()),
        content,
    );
    let entry = dictionary! { KEY => reference(3) };
    let entry = with_store(letter, dictionary! { "VRI" => entry });
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Symbol" };
    add(
        class,
        "a page as a signature's entry, whose font changes",
        with_object(&entry, 6, font),
        Expected::Forbidden("resource"),
    );
    let tree = with_store(letter, dictionary! { "VRI" => reference(2) });
    let page = source(letter).object((4, 0)).unwrap();
    add(
        class,
        "the page tree as its list, and a page that changes",
        with_object(&tree, 3, page),
        Expected::Forbidden("page-content"),
    );
    let hidden = append(letter, |update, source| {
        let (id, mut catalog) = source.catalog().unwrap();
        let list = update.allocate();
        update.set(list, vec![reference(3)].into());
        catalog.set("DSS", dictionary! { "Certs" => list });
        update.set(id, catalog.into());
    });
    add(
        class,
        "a page in its list of certificates, which changes",
        with_object(&hidden, 5, forged()),
        content,
    );

    let kept = corpus().file("kept");
    let certificates = store_list(kept);
    let mut more = source(kept).object((certificates, 0)).unwrap();
    let first = more.as_array().unwrap()[0].clone();
    more.as_array_mut().unwrap().push(first);
    add(
        "lawful",
        "a certificate more in the security store",
        with_object(kept, certificates, more),
        Expected::Permitted("validation-data"),
    );
    cases
}

/// The object that lists the certificates.
fn store_list(bytes: &[u8]) -> u32 {
    let source = source(bytes);
    let store = source.member_dictionary(&source.catalog().unwrap().1, b"DSS").unwrap().unwrap();
    store.get(b"Certs").unwrap().as_reference().unwrap().0
}

/// `bytes` with a security store that holds one certificate.
pub fn keeping(bytes: &[u8], certificate: &[u8]) -> Vec<u8> {
    append(bytes, |update, source| {
        let (id, mut catalog) = source.catalog().unwrap();
        let (stream, list, store) = (update.allocate(), update.allocate(), update.allocate());
        update.set(stream, Stream::new(Dictionary::new(), certificate.to_vec()).into());
        update.set(list, vec![Object::Reference(stream)].into());
        update.set(store, dictionary! { "Type" => "DSS", "Certs" => list }.into());
        catalog.set("DSS", store);
        update.set(id, catalog.into());
    })
}
