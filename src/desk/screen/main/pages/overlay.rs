//! What is drawn over a page and is not in it: the words that were searched for, and the
//! arrival stamp. It is mixed into the picture, off the window's thread; the file is never
//! touched.

use std::sync::Arc;

use crate::desk::easel::{Canvas, Picture};
use crate::domain::problem::Problem;
use crate::domain::query::Query;
use crate::pdf::Rect;

/// The stamp as a page of its own, and where it goes on page 1: points from the top left.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub canvas: Arc<dyn Canvas>,
    pub place: Rect,
}

/// A place that is pointed at: rectangles in points from the top left of a page (from 0);
/// none for the whole page.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub page: usize,
    pub rects: Vec<Rect>,
}

/// What lies over the pages.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    pub query: Query,
    pub stamp: Option<Stamp>,
    pub mark: Option<Mark>,
}

/// A page with what lies over it.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub picture: Picture,
    /// Where the words were found, in points from the top left, one list of lines each.
    pub hits: Vec<Vec<Rect>>,
}

/// Yellow of a marker, and the stronger one of the place one is at.
const FOUND: [u8; 3] = [255, 236, 120];
const AT: [u8; 3] = [255, 190, 70];
/// Of a place that is pointed at, and of the line around it.
const MARKED: [u8; 3] = [255, 214, 204];
const AROUND: [u8; 3] = [200, 40, 30];

impl Overlay {
    /// Draws page `index` at this width with everything over it; `at` is the place among
    /// those found that one is at. Blocks.
    pub fn draw(
        &self,
        canvas: &dyn Canvas,
        index: usize,
        width: u32,
        at: Option<usize>,
    ) -> Result<Drawn, Problem> {
        let picture = canvas.draw(index, width)?;
        let hits =
            if self.query.is_empty() { Vec::new() } else { canvas.find(index, &self.query)? };
        let stamp = self.stamp.as_ref().filter(|_| index == 0);
        let mark = self.mark.as_ref().filter(|mark| mark.page == index);
        if hits.is_empty() && stamp.is_none() && mark.is_none() {
            return Ok(Drawn { picture, hits });
        }
        let points = canvas.pages().get(index).map_or(1.0, |(width, _)| width.max(1.0));
        let scale = picture.width as f32 / points;
        let Picture { width, height, rgba } = picture;
        let mut mixed = rgba.to_vec();
        let mut sheet = Sheet { width, height, rgba: &mut mixed };
        for (place, rects) in hits.iter().enumerate() {
            let colour = if at == Some(place) { AT } else { FOUND };
            rects.iter().for_each(|rect| sheet.tint(rect.scaled(scale), colour));
        }
        for rect in mark.iter().flat_map(|mark| &mark.rects) {
            sheet.point_at(rect.scaled(scale));
        }
        if let Some(stamp) = stamp {
            let place = stamp.place.scaled(scale);
            let drawn = stamp.canvas.draw(0, place.width.max(1.0) as u32)?;
            sheet.press(&drawn, place);
        }
        Ok(Drawn { picture: Picture { width, height, rgba: mixed.into() }, hits })
    }
}

struct Sheet<'a> {
    width: u32,
    height: u32,
    rgba: &'a mut [u8],
}

impl Sheet<'_> {
    /// Multiplies, as a marker does: white becomes the colour and ink stays ink.
    fn tint(&mut self, rect: Rect, colour: [u8; 3]) {
        // A little larger than the letters.
        let (left, right) = (rect.x - 1.0, rect.right() + 1.0);
        for y in whole(rect.y)..whole(rect.top().ceil()).min(self.height) {
            for x in whole(left)..whole(right.ceil()).min(self.width) {
                self.mix(x, y, colour);
            }
        }
    }

    /// Tints a place and draws a line around it, a little outside.
    fn point_at(&mut self, rect: Rect) {
        let edge = 2.0;
        let outer = Rect::new(
            (rect.x - edge).max(0.0),
            (rect.y - edge).max(0.0),
            rect.width + 2.0 * edge,
            rect.height + 2.0 * edge,
        );
        self.tint(rect, MARKED);
        let across = |y| Rect::new(outer.x, y, outer.width, edge);
        let down = |x| Rect::new(x, outer.y, edge - 1.0, outer.height);
        let (bottom, right) = (outer.y + outer.height - edge, outer.x + outer.width);
        for line in [across(outer.y), across(bottom), down(outer.x), down(right)] {
            self.tint(line, AROUND);
        }
    }

    /// Another picture over this one, the same way: what lies below stays readable.
    fn press(&mut self, picture: &Picture, place: Rect) {
        let (left, top) = (whole(place.x), whole(place.y));
        for y in 0..picture.height {
            for x in 0..picture.width {
                let at = (y as usize * picture.width as usize + x as usize) * 4;
                if let Some([r, g, b]) = picture.rgba.get(at..at + 3) {
                    self.mix(left.saturating_add(x), top.saturating_add(y), [*r, *g, *b]);
                }
            }
        }
    }

    fn mix(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        if x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        if let Some(pixel) = self.rgba.get_mut(at..at + 3) {
            for (below, above) in pixel.iter_mut().zip(colour) {
                let mixed = u16::from(*below) * u16::from(above) / 255;
                *below = u8::try_from(mixed).unwrap_or(u8::MAX);
            }
        }
    }
}

fn whole(length: f32) -> u32 {
    if length.is_finite() { length.max(0.0) as u32 } else { 0 }
}

/// The first page from `from` on (or back) where something is found. Blocks; stops after so
/// many pages that nobody would wait longer.
pub fn next_page(
    canvas: &dyn Canvas,
    query: &Query,
    from: usize,
    forward: bool,
) -> Result<Option<usize>, Problem> {
    const MOST: usize = 500;
    let count = canvas.pages().len();
    let pages: Box<dyn Iterator<Item = usize>> =
        if forward { Box::new((from + 1)..count) } else { Box::new((0..from.min(count)).rev()) };
    for page in pages.take(MOST) {
        if !canvas.find(page, query)?.is_empty() {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A white page of 10 by 10 points with one word on it; as a stamp, a red one.
    #[derive(Debug)]
    struct Plain([u8; 3]);

    impl Canvas for Plain {
        fn pages(&self) -> &[(f32, f32)] {
            &[(10.0, 10.0), (10.0, 10.0)]
        }

        fn draw(&self, _: usize, width: u32) -> Result<Picture, Problem> {
            let [r, g, b] = self.0;
            let rgba = [r, g, b, 255].repeat((width * width) as usize);
            Ok(Picture { width, height: width, rgba: rgba.into() })
        }

        fn find(&self, index: usize, _: &Query) -> Result<Vec<Vec<Rect>>, Problem> {
            Ok(if index == 1 { vec![vec![Rect::new(2.0, 2.0, 3.0, 1.0)]] } else { Vec::new() })
        }
    }

    fn pixel(drawn: &Drawn, x: usize, y: usize) -> [u8; 3] {
        let at = (y * drawn.picture.width as usize + x) * 4;
        drawn.picture.rgba[at..at + 3].try_into().unwrap()
    }

    #[test]
    fn words_are_marked_where_they_stand_and_nowhere_else() {
        let overlay = Overlay { query: Query::parse("khen"), ..Overlay::default() };
        let drawn = overlay.draw(&Plain([255; 3]), 1, 20, Some(0)).unwrap();
        assert_eq!((pixel(&drawn, 6, 4), pixel(&drawn, 16, 16)), (AT, [255; 3]));
        let drawn = overlay.draw(&Plain([0; 3]), 1, 20, None).unwrap();
        assert_eq!(pixel(&drawn, 6, 4), [0; 3], "ink stays ink");
        let page = next_page(&Plain([0; 3]), &overlay.query, 0, true).unwrap();
        assert_eq!(page, Some(1));
        assert_eq!(next_page(&Plain([0; 3]), &overlay.query, 1, true).unwrap(), None);
    }

    #[test]
    fn the_stamp_lies_on_the_first_page_alone() {
        let canvas = Arc::new(Plain([255, 0, 0]));
        let stamp = Stamp { canvas, place: Rect::new(8.0, 8.0, 5.0, 5.0) };
        let overlay = Overlay { stamp: Some(stamp), ..Overlay::default() };
        let first = overlay.draw(&Plain([255; 3]), 0, 10, None).unwrap();
        assert_eq!((pixel(&first, 9, 9), pixel(&first, 7, 7)), ([255, 0, 0], [255; 3]));
        let second = overlay.draw(&Plain([255; 3]), 1, 10, None).unwrap();
        assert_eq!(pixel(&second, 9, 9), [255; 3]);
    }

    #[test]
    fn a_place_that_is_pointed_at_is_marked_on_its_page_alone() {
        let mark = Mark { page: 1, rects: vec![Rect::new(2.0, 2.0, 4.0, 4.0)] };
        let overlay = Overlay { mark: Some(mark), ..Overlay::default() };
        let drawn = overlay.draw(&Plain([255; 3]), 1, 40, None).unwrap();
        assert_eq!((pixel(&drawn, 16, 16), pixel(&drawn, 35, 35)), (MARKED, [255; 3]));
        assert_eq!(pixel(&drawn, 16, 7), AROUND);
        let first = overlay.draw(&Plain([255; 3]), 0, 40, None).unwrap();
        assert_eq!(pixel(&first, 16, 16), [255; 3]);
    }
}
