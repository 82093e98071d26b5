//! Pages: which there are, how large, and how they are turned.

use std::collections::HashSet;
use std::sync::Arc;

use lopdf::{Dictionary, Object, ObjectId};

use super::{Source, damaged};
use crate::pdf::{PdfError, Rect};

/// Levels of the page tree, and pages; a book has a thousand.
const MAX_DEPTH: u32 = 64;
const MAX_PAGES: usize = 200_000;

/// A page as a viewer shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageGeometry {
    /// `/MediaBox`, in user space.
    pub media: Rect,
    /// What is shown of it: `/CropBox` within `/MediaBox`.
    pub crop: Rect,
    /// Degrees clockwise that the page is turned when shown: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Size of one unit of user space in points (1/72 inch).
    pub user_unit: f32,
}

impl PageGeometry {
    /// Width and height as shown, in units of user space.
    pub const fn shown_size(&self) -> (f32, f32) {
        match self.rotate {
            90 | 270 => (self.crop.height, self.crop.width),
            _ => (self.crop.width, self.crop.height),
        }
    }

    /// From a rectangle on the page as shown (upright, origin at the bottom left of what is
    /// seen) to user space, where annotations are placed.
    pub fn to_user_space(&self, shown: Rect) -> Rect {
        let Rect { x, y, width, height } = shown;
        let crop = self.crop;
        match self.rotate {
            90 => Rect {
                x: crop.x + crop.width - y - height,
                y: crop.y + x,
                width: height,
                height: width,
            },
            180 => Rect {
                x: crop.x + crop.width - x - width,
                y: crop.y + crop.height - y - height,
                width,
                height,
            },
            270 => Rect {
                x: crop.x + y,
                y: crop.y + crop.height - x - width,
                width: height,
                height: width,
            },
            _ => Rect { x: crop.x + x, y: crop.y + y, width, height },
        }
    }

    /// From a rectangle in user space to the page as shown; undoes [`Self::to_user_space`].
    pub const fn from_user_space(&self, user: Rect) -> Rect {
        let Rect { x, y, width, height } = user;
        let (left, below) = (x - self.crop.x, y - self.crop.y);
        let (right, above) = (self.crop.width - left - width, self.crop.height - below - height);
        match self.rotate {
            90 => Rect { x: below, y: right, width: height, height: width },
            180 => Rect { x: right, y: above, width, height },
            270 => Rect { x: above, y: left, width: height, height: width },
            _ => Rect { x: left, y: below, width, height },
        }
    }

    /// Width and height of the page as shown, in points: what a ruler would say.
    pub fn shown_points(&self) -> (f32, f32) {
        let (width, height) = self.shown_size();
        (width * self.user_unit, height * self.user_unit)
    }

    /// From a rectangle on the page as shown, in points, to user space.
    pub fn user_from_points(&self, points: Rect) -> Rect {
        self.to_user_space(points.scaled(1.0 / self.user_unit))
    }

    /// From a rectangle in user space to the page as shown, in points.
    pub fn points_from_user(&self, user: Rect) -> Rect {
        self.from_user_space(user).scaled(self.user_unit)
    }

    /// [`Self::user_from_points`] as a matrix of a content stream.
    pub fn points_matrix(&self) -> [f32; 6] {
        let unit = 1.0 / self.user_unit;
        let crop = self.crop;
        match self.rotate {
            90 => [0.0, unit, -unit, 0.0, crop.right(), crop.y],
            180 => [-unit, 0.0, 0.0, -unit, crop.right(), crop.top()],
            270 => [0.0, -unit, unit, 0.0, crop.x, crop.top()],
            _ => [unit, 0.0, 0.0, unit, crop.x, crop.y],
        }
    }

    /// The matrix that turns what is drawn upright against the page's rotation, so that it is
    /// upright when shown (ISO 32000-1, 12.5.5: the viewer then fits it into the rectangle).
    pub const fn upright_matrix(&self) -> [i64; 6] {
        match self.rotate {
            90 => [0, 1, -1, 0, 0, 0],
            180 => [-1, 0, 0, -1, 0, 0],
            270 => [0, -1, 1, 0, 0, 0],
            _ => [1, 0, 0, 1, 0, 0],
        }
    }
}

impl Source {
    /// The ids of the pages in order.
    pub fn pages(&self) -> Result<Arc<[ObjectId]>, PdfError> {
        self.pages.get_or_init(|| self.walk_pages()).clone()
    }

    pub fn page_count(&self) -> Result<u32, PdfError> {
        Ok(u32::try_from(self.pages()?.len()).unwrap_or(u32::MAX))
    }

    /// Id and dictionary of page `number`, counted from 1.
    pub fn page(&self, number: u32) -> Result<(ObjectId, Dictionary), PdfError> {
        let pages = self.pages()?;
        let missing = || PdfError::NoSuchPage { page: number, pages: pages.len() as u32 };
        let index = number.checked_sub(1).ok_or_else(missing)?;
        let id = *pages.get(index as usize).ok_or_else(missing)?;
        match self.object(id)? {
            Object::Dictionary(page) => Ok((id, page)),
            _ => Err(damaged("a page is no dictionary")),
        }
    }

    /// Size and rotation of page `number`, counted from 1.
    pub fn page_geometry(&self, number: u32) -> Result<PageGeometry, PdfError> {
        let (_, page) = self.page(number)?;
        let media = self
            .inherited(&page, b"MediaBox")?
            .and_then(|object| self.rectangle(&object))
            // Viewers take US Letter where a page has no size at all.
            .unwrap_or(Rect { x: 0.0, y: 0.0, width: 612.0, height: 792.0 });
        let crop = self.inherited(&page, b"CropBox")?.and_then(|object| self.rectangle(&object));
        let crop = crop.and_then(|crop| crop.intersection(&media)).unwrap_or(media);
        let turns = self.inherited(&page, b"Rotate")?.and_then(|object| object.as_i64().ok());
        let rotate = turns.unwrap_or(0).rem_euclid(360);
        let unit = self.member(&page, b"UserUnit")?.as_float().ok();
        Ok(PageGeometry {
            media,
            crop,
            rotate: u16::try_from(rotate / 90 * 90).unwrap_or(0),
            user_unit: unit.filter(|unit| *unit > 0.0 && unit.is_finite()).unwrap_or(1.0),
        })
    }

    /// A page attribute, or the one of the page tree above it (ISO 32000-1, 7.7.3.4).
    pub fn inherited(&self, page: &Dictionary, key: &[u8]) -> Result<Option<Object>, PdfError> {
        let mut node = page.clone();
        for _ in 0..MAX_DEPTH {
            match self.member(&node, key)? {
                Object::Null => {}
                found => return Ok(Some(found)),
            }
            match self.member_dictionary(&node, b"Parent")? {
                Some(parent) => node = parent,
                None => return Ok(None),
            }
        }
        Err(damaged("the page tree goes in a circle"))
    }

    /// A PDF rectangle, with its corners in order.
    pub fn rectangle(&self, object: &Object) -> Option<Rect> {
        let Ok(Object::Array(corners)) = self.resolve(object) else { return None };
        let numbers: Vec<f32> = corners
            .iter()
            .map(|corner| self.resolve(corner).ok()?.as_float().ok())
            .collect::<Option<_>>()?;
        let [a, b, c, d] = numbers[..] else { return None };
        let (x, y) = (a.min(c), b.min(d));
        let rect = Rect { x, y, width: (a - c).abs(), height: (b - d).abs() };
        [rect.x, rect.y, rect.width, rect.height].iter().all(|n| n.is_finite()).then_some(rect)
    }

    fn walk_pages(&self) -> Result<Arc<[ObjectId]>, PdfError> {
        let (_, catalog) = self.catalog()?;
        let mut pages = Vec::new();
        let mut seen = HashSet::new();
        // A stack instead of recursion: a hostile tree is as deep as it likes.
        let mut waiting = vec![catalog.get(b"Pages").cloned().unwrap_or(Object::Null)];
        while let Some(node) = waiting.pop() {
            let Object::Reference(id) = node else {
                return Err(damaged("a page is not an object of its own"));
            };
            if !seen.insert(id.0) {
                return Err(damaged("the page tree goes in a circle"));
            }
            let Object::Dictionary(node) = self.object(id)? else {
                return Err(damaged("a page is no dictionary"));
            };
            match self.member_array(&node, b"Kids")? {
                Some(kids) => waiting.extend(kids.into_iter().rev()),
                None => pages.push(id),
            }
            if pages.len() > MAX_PAGES || waiting.len() > MAX_PAGES {
                return Err(damaged("too many pages"));
            }
        }
        Ok(pages.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_on_a_turned_page_is_found_in_user_space() {
        let crop = Rect { x: 10.0, y: 20.0, width: 595.0, height: 842.0 };
        let shown = Rect { x: 100.0, y: 50.0, width: 80.0, height: 30.0 };
        let at = |rotate| PageGeometry { media: crop, crop, rotate, user_unit: 1.0 };
        let user = |rotate| {
            let Rect { x, y, width, height } = at(rotate).to_user_space(shown);
            (x, y, width, height)
        };
        assert_eq!(user(0), (110.0, 70.0, 80.0, 30.0));
        // Shown turned clockwise by 90: the bottom of what is shown is the page's right edge.
        assert_eq!(user(90), (10.0 + 595.0 - 80.0, 120.0, 30.0, 80.0));
        assert_eq!(user(180), (10.0 + 595.0 - 180.0, 20.0 + 842.0 - 80.0, 80.0, 30.0));
        assert_eq!(user(270), (60.0, 20.0 + 842.0 - 180.0, 30.0, 80.0));
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(
            x in 0.0_f32..400.0, y in 0.0_f32..400.0, quarter in 0_u16..4, unit in 0.5_f32..4.0,
        ) {
            let crop = Rect { x: -50.0, y: 33.0, width: 595.0, height: 842.0 };
            let page = PageGeometry { media: crop, crop, rotate: quarter * 90, user_unit: unit };
            let shown = Rect { x, y, width: 90.0, height: 40.0 };
            let user = page.user_from_points(shown);
            let back = page.points_from_user(user);
            for (a, b) in [(back.x, x), (back.y, y), (back.width, 90.0), (back.height, 40.0)] {
                prop_assert!((a - b).abs() < 0.01, "{back:?}");
            }
            // The matrix says the same of two opposite corners.
            let [a, b, c, d, e, f] = page.points_matrix();
            let at = |x: f32, y: f32| (a * x + c * y + e, b * x + d * y + f);
            let ((x1, y1), (x2, y2)) = (at(x, y), at(shown.right(), shown.top()));
            prop_assert!((x1.min(x2) - user.x).abs() < 0.01 && (y1.min(y2) - user.y).abs() < 0.01);
            prop_assert!((x1.max(x2) - user.right()).abs() < 0.01);
            prop_assert!((y1.max(y2) - user.top()).abs() < 0.01);
        }

        #[test]
        fn what_is_shown_lies_on_the_page(x in 0.0_f32..400.0, y in 0.0_f32..400.0, quarter in 0_u16..4) {
            let crop = Rect { x: -50.0, y: 33.0, width: 595.0, height: 595.0 };
            let page = PageGeometry { media: crop, crop, rotate: quarter * 90, user_unit: 1.0 };
            let user = page.to_user_space(Rect { x, y, width: 90.0, height: 40.0 });
            prop_assert!(user.x >= crop.x && user.y >= crop.y);
            prop_assert!(user.x + user.width <= crop.x + crop.width + 0.01);
            prop_assert!(user.y + user.height <= crop.y + crop.height + 0.01);
        }
    }
}
