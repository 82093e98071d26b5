//! Two states of a document side by side: what is the same, and which ways lead where.

use std::collections::{BTreeSet, HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use crate::pdf::PdfError;
use crate::pdf::structure::{Entry, Source};

/// A way to an object: the object that names it (0 for the trailer) and under which key.
pub(super) type Place = (u32, Vec<u8>);

pub(super) fn id_of(number: u32, entry: Entry) -> ObjectId {
    match entry {
        Entry::At { generation, .. } => (number, generation),
        _ => (number, 0),
    }
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether an object says the same in both, streams byte for byte.
pub(super) fn same(signed: &Source, now: &Source, old: ObjectId, new: ObjectId) -> bool {
    let (Ok(Some(was)), Ok(Some(is))) = (signed.indirect(old), now.indirect(new)) else {
        return false;
    };
    was.id == is.id
        && was.object == is.object
        && !is.duplicate_keys
        && match (was.stream, is.stream) {
            (Some(was), Some(is)) => signed.holds_same(was, now, is),
            (was, is) => was.is_none() && is.is_none(),
        }
}

/// The keys under which two dictionaries differ.
pub(super) fn differing(old: &Dictionary, new: &Dictionary) -> Vec<Vec<u8>> {
    let keys: BTreeSet<&Vec<u8>> = old.iter().chain(new.iter()).map(|(key, _)| key).collect();
    keys.into_iter()
        .filter(|key| old.get(key.as_slice()).ok() != new.get(key.as_slice()).ok())
        .cloned()
        .collect()
}

/// What `after` has more than `before`, which it must contain in order.
pub(super) fn grown(before: &[Object], after: &[Object]) -> Option<Vec<Object>> {
    let mut expected = before.iter().peekable();
    let mut extra = Vec::new();
    for item in after {
        if expected.peek() == Some(&item) {
            expected.next();
        } else {
            extra.push(item.clone());
        }
    }
    expected.peek().is_none().then_some(extra)
}

/// Whether an object asks for a generation that another has: by the standard it gets nothing,
/// from many readers the object of that number (ISO 32000-2, 7.3.10).
pub(super) fn misdirects(source: &Source, object: &Object) -> bool {
    let mut found = false;
    references(object, &mut |id| {
        let entry = source.entry(id.0);
        found |= entry != Entry::Free && id_of(id.0, entry) != id;
    });
    found
}

pub(super) fn references(object: &Object, found: &mut impl FnMut(ObjectId)) {
    match object {
        Object::Reference(id) => found(*id),
        Object::Array(items) => items.iter().for_each(|item| references(item, found)),
        Object::Dictionary(members) => {
            members.iter().for_each(|(_, member)| references(member, found));
        }
        _ => {}
    }
}

/// Walks everything that a document reaches and notes how it comes to the `watched` objects.
pub(super) fn places(
    source: &Source,
    watched: &HashSet<u32>,
) -> Result<HashMap<u32, Vec<Place>>, PdfError> {
    let mut places: HashMap<u32, Vec<Place>> = HashMap::new();
    walk(source, |from, key, id| {
        if watched.contains(&id.0) {
            places.entry(id.0).or_default().push((from, key.to_vec()));
        }
        true
    })?;
    Ok(places)
}

/// The objects that a document still reaches when it does not go one way.
pub(super) fn reached_without(source: &Source, closed: &Place) -> Result<HashSet<u32>, PdfError> {
    let mut reached = HashSet::new();
    walk(source, |from, key, id| {
        let open = from != closed.0 || key != closed.1;
        if open {
            reached.insert(id.0);
        }
        open
    })?;
    Ok(reached)
}

/// Goes every way from the trailer on, and on from each object once; `go` hears of each way
/// and says whether it is open.
fn walk(source: &Source, mut go: impl FnMut(u32, &[u8], ObjectId) -> bool) -> Result<(), PdfError> {
    let mut seen = HashSet::new();
    let mut waiting = Vec::new();
    let mut visit = |from: u32, object: &Object, waiting: &mut Vec<ObjectId>| {
        let mut note = |key: &[u8], value: &Object| {
            references(value, &mut |id| {
                if go(from, key, id) && seen.insert(id.0) {
                    waiting.push(id);
                }
            });
        };
        match object {
            Object::Dictionary(members) => {
                members.iter().for_each(|(key, value)| note(key, value));
            }
            other => note(b"", other),
        }
    };
    visit(0, &Object::Dictionary(source.trailer().clone()), &mut waiting);
    // Nothing refers to the streams in which objects stand.
    for (number, entry) in source.entries() {
        if let Entry::In { stream, .. } = entry {
            visit(number, &Object::Reference((stream, 0)), &mut waiting);
        }
    }
    while let Some((number, _)) = waiting.pop() {
        // Whatever generation is asked for: many readers go by the number alone.
        visit(number, &source.object(id_of(number, source.entry(number)))?, &mut waiting);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_grows_only_by_keeping_what_it_had() {
        let numbers = |numbers: &[i64]| -> Vec<Object> {
            numbers.iter().map(|number| Object::Integer(*number)).collect()
        };
        let grew = |old: &[i64], new: &[i64]| grown(&numbers(old), &numbers(new));
        assert_eq!(grew(&[1, 2], &[1, 3, 2]), Some(numbers(&[3])));
        assert_eq!(grew(&[1, 2], &[2, 1]), None);
        assert_eq!(grew(&[1, 2], &[1]), None);
        assert_eq!(grew(&[], &[5]), Some(numbers(&[5])));
        assert_eq!(grew(&[1], &[1, 1]), Some(numbers(&[1])));
    }
}
