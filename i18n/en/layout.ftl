# The check of layouts.
layout-severity-error = Error
layout-severity-warning = Warning
layout-severity-hint = Hint
layout-style-upright = upright
layout-style-bold = bold
layout-style-italic = italic
layout-style-bold-italic = bold italic
layout-standing-clean = The layout is as asked: nothing was found.
layout-standing-blind = It cannot be checked: the first page is a picture without text.
layout-standing-found = { $errors } { $errors ->
        [one] error
       *[other] errors
    }, { $warnings } { $warnings ->
        [one] warning
       *[other] warnings
    }, { $hints } { $hints ->
        [one] hint
       *[other] hints
    }.
layout-standing-unread = Pages that are pictures and were not checked: { $pages }.
layout-page = page { $page }

layout-rule-page-size = Paper
layout-rule-margin = Margins
layout-rule-font = Typeface
layout-rule-missing = Components
layout-rule-wording = Fixed wording
layout-rule-size = Type size
layout-rule-style = Bold, italic
layout-rule-capitals = Capitals
layout-rule-underline = Lines under text
layout-rule-pairing = National title and motto
layout-rule-centred = In the middle
layout-rule-number = Number as written
layout-rule-notation = Notation
layout-rule-date = Place and date
layout-rule-kind = Type
layout-rule-bases = Legal bases
layout-rule-indent = First lines
layout-rule-paragraph-spacing = Paragraphs
layout-rule-line-spacing = Line spacing
layout-rule-justified = Justified text
layout-rule-article = Articles
layout-rule-signer-name = Signer’s name
layout-rule-authority = Authority
layout-rule-recipients = Recipients
layout-rule-file-copy = File copy
layout-rule-page-number = Page numbers
layout-rule-annex = Annexes
layout-rule-urgency = Urgency
layout-rule-legacy = Legacy encoding
layout-rule-decomposed = Decomposed text

layout-found-missing = Missing: { $component }.
layout-found-missing-type = The name of the type is missing in the middle of the page.
layout-found-missing-subject = There is no subject under the name of the type.
layout-found-missing-about = The letter has no subject “V/v …” under its number and notation.
layout-found-wording = { $component } reads “{ $found }”; it is to read “{ $asked }”.
layout-found-wording-about = The subject of the letter begins “{ $found }”; it is to begin “V/v ”.
layout-found-wording-addressed = The addressees begin “{ $found }”; they are to begin “Kính gửi:”.
layout-found-size = { $component }: type size { $found }; { $asked } is asked.
layout-found-style = { $component }: { $found } type; { $asked } is asked.
layout-found-capitals = { $component } is to be in capitals.
layout-found-capitals-small = { $component } is in capitals; small letters are asked.
layout-found-capitals-motto = The motto reads “{ $found }”; its capitals are to be as in “{ $asked }”.
layout-found-underline-missing = The line under this is missing: { $component }.
layout-found-underline-length = The line under { $component } is { $found } % of the text; { $asked } % is asked.
layout-found-pairing = The motto has size { $found }, the national title { $above }; the motto should be one size larger.
layout-found-centred-motto = The motto does not stand in the middle under the national title.
layout-found-centred-subject = The subject does not stand in the middle under the name of the type.
layout-found-number-word = Number and notation read “{ $found }”; they are to begin “Số:”.
layout-found-number-slash = Number and notation read “{ $found }”; a “/” belongs between them.
layout-found-number-zero = Number and notation read “{ $found }”; a number below ten has a zero before it.
layout-found-number-spaces = Number and notation read “{ $found }”; the groups are joined by “-” without spaces.
layout-found-number-hyphen = Number and notation read “{ $found }”; a short hyphen “-” joins the groups.
layout-found-number-capitals = Number and notation read “{ $found }”; the notation is in capitals.
layout-found-notation-type = The notation “{ $found }” is not of this type; the type’s abbreviation is “{ $asked }”.
layout-found-notation-letter = The notation “{ $found }” begins like a document of the type { $asked }; an official letter has no abbreviation of a type.
layout-found-notation-fields = The notation on the page is “{ $found }”; the fields say “{ $asked }”.
layout-found-date-form = Place and date read “{ $found }”; they are to read “place, ngày … tháng … năm …”.
layout-found-date-place = There is no place before the date: “{ $found }”.
layout-found-date-comma = There is no comma after the place: “{ $found }”.
layout-found-date-day = A day below ten has a zero before it: “{ $found }”.
layout-found-date-month = Months 1 and 2, and only these, have a zero before them: “{ $found }”.
layout-found-kind-fields = The page says “{ $found }”; the field for the type says “{ $asked }”.
layout-found-kind-notation = The name of the type “{ $found }” does not go with the notation “{ $asked }”.
layout-found-kind-letter = The field for the type says official letter, yet the page has the name of a type, “{ $found }”.
layout-found-bases-end = A legal basis ends with “{ $found }”; “{ $asked }” is asked.
layout-found-bases-last = The last legal basis ends with “{ $found }”; “{ $asked }” is asked.
layout-found-indent = First lines go in by { $found } mm; { $asked } mm is asked.
layout-found-paragraph-spacing = Room between paragraphs is { $found } pt; at least { $asked } pt is asked.
layout-found-line-spacing = Lines are { $found } times a single line apart; { $asked } is asked.
layout-found-justified = The text does not reach both edges.
layout-found-article-dot = “{ $found }”: a full stop belongs behind the number of an article.
layout-found-article-bold = “Điều” and its number are to be bold.
layout-found-signer-name = “{ $found }” stands before the signer’s name; titles and degrees are not written there.
layout-found-authority-mark = The authority reads “{ $found }”; it is to be “{ $asked }” and a space.
layout-found-authority-deputy = Signed for the head (KT.), yet the position below is “{ $found }”, no deputy’s.
layout-found-recipients-word = It reads “{ $found }”; it is to read “Nơi nhận:”.
layout-found-recipients-dash = The recipient “{ $found }” has no dash before it.
layout-found-recipients-end = The recipient “{ $found }” is to end with a semicolon.
layout-found-recipients-last = The last line of the recipients, “{ $found }”, is to end with a full stop.
layout-found-file-copy = The last line of the recipients is to be “{ $asked }, …”.
layout-found-page-number-first = The first page shows no number.
layout-found-page-number-missing = Page numbers are missing from the second page on.
layout-found-page-number-top = The page number belongs into the middle of the top margin.
layout-found-page-number-foot = The page number belongs at the foot, to the right.
layout-found-page-number-size = The page number has size { $found }; { $asked } is asked.
layout-found-page-number-count = The page number is { $found }; it should be { $asked }.
layout-found-annex-number = The annex reads “{ $found }”; several annexes are numbered in Roman figures.
layout-found-annex-guide = The annex has no line “(Kèm theo … số … ngày … của …)”.
layout-found-annex-title-missing = The annex has no title.
layout-found-annex-title = The title of an annex is to be in capitals.
layout-found-annex-italic = The line “(Kèm theo …)” of an annex is to be italic.
layout-found-annex-centred = The title of the annex does not stand in the middle.
layout-found-urgency-missing = The field for the urgency says “{ $asked }”; the page has no such mark.
layout-found-urgency-fields = The page is marked “{ $found }”; the field for the urgency says “{ $asked }”.
layout-found-urgency-frame = The mark of urgency has no frame.
layout-found-urgency-size = The frame of the mark of urgency is { $found }; { $asked } is asked.
layout-found-page-size = The paper is { $found }; { $asked } is asked.
layout-found-margin-left = The left margin is { $found } mm; { $asked } mm is asked.
layout-found-margin-right = The right margin is { $found } mm; { $asked } mm is asked.
layout-found-margin-top = The top margin is { $found } mm; { $asked } mm is asked.
layout-found-margin-bottom = The bottom margin is { $found } mm; { $asked } mm is asked.
layout-found-font = Typeface “{ $found }” ({ $share } % of the letters); { $asked } is asked.
layout-found-legacy = Text in { $found }, not Unicode; it means “{ $meant }”.
layout-found-decomposed = { $found } marks are characters of their own (decomposed Unicode); composed letters are better.

office-layout-reason = The layout has { $errors } { $errors ->
        [one] error
       *[other] errors
    }; no reason for passing it on was given.
    .kept = The document stays in its state; the result of the check is kept.
    .next = Return it to be mended, or give a reason and pass it on; the reason goes into the history.
history-layout = Layout checked: { $found }

desk-layout-looking = Checking the layout…
desk-layout-never = The layout of this version was not checked.
desk-layout-check = Check the layout
desk-layout-again = Check again
desk-layout-show = Show
desk-layout-hide = Hide
desk-layout-when = Checked { $time }, by the rules { $profile }.
desk-layout-pass-means = The layout has errors. The checker is responsible for passing the document on; the reason goes into its history.
desk-key-findings = What was found in the layout: show, hide
desk-key-next-finding = To the next finding of layout, the former

layout-field-subject = subject
layout-field-competence = authority
layout-field-position = position of the signer
layout-field-full-name = name of the signer
layout-field-place = place
layout-field-other-place = other recipients
layout-field-notes = notes
office-legacy-text = The field “{ $field }” was typed in { $charset }, not in Unicode (TCVN 6909:2001). It reads: “{ $meant }”.
    .kept = Nothing was saved; what was entered is kept.
    .next = Convert it to Unicode (in the window: the button “Convert to Unicode”) or type it again, then try again.

desk-legacy-found = Some text was typed in { $charset }, not in Unicode.
desk-legacy-means = It reads: “{ $meant }”.
desk-legacy-convert = Convert to Unicode
