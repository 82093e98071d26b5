import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * veraPDF's judgement on PDF/A-2b files: "yes" or "no" for each file named, and below it the
 * rules it breaks. Its profile is read by hand, since the package it comes in left out the
 * part of Java that would.
 */
public class PdfA {
    private static final PDFAFlavour FLAVOUR = PDFAFlavour.PDFA_2_B;

    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        ValidationProfile profile = profile();
        for (String file : files) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), FLAVOUR);
                 PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
                ValidationResult result = validator.validate(parser);
                System.out.println((result.isCompliant() ? "yes " : "no ") + file);
                for (TestAssertion one : result.getTestAssertions()) {
                    if (one.getStatus() == TestAssertion.Status.FAILED) {
                        System.out.println("  " + one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber()
                            + " " + one.getMessage() + " [" + one.getLocation().getContext() + "]");
                    }
                }
            }
        }
    }

    private static ValidationProfile profile() throws Exception {
        Document xml;
        try (InputStream bytes = PDFAValidator.class.getResourceAsStream("validation/PDFA-2B.xml")) {
            xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(bytes);
        }
        Set<Rule> rules = new HashSet<>();
        for (Element rule : elements(xml.getElementsByTagName("rule"))) {
            Element id = elements(rule.getElementsByTagName("id")).iterator().next();
            rules.add(Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(FLAVOUR.getPart(), id.getAttribute("clause"),
                    Integer.parseInt(id.getAttribute("testNumber"))),
                rule.getAttribute("object"),
                rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null,
                null, text(rule, "description"), text(rule, "test"),
                Profiles.errorFromValues(text(rule, "message"), Collections.emptyList()),
                Collections.emptyList()));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element one : elements(xml.getElementsByTagName("variable"))) {
            variables.add(Profiles.variableFromValues(one.getAttribute("name"), one.getAttribute("object"),
                text(one, "defaultValue"), text(one, "value")));
        }
        return Profiles.profileFromValues(FLAVOUR,
            Profiles.profileDetailsFromValues("PDF/A-2b", "", "", new Date()), "", rules, variables);
    }

    private static String text(Element parent, String name) {
        return parent.getElementsByTagName(name).item(0).getTextContent();
    }

    private static Iterable<Element> elements(NodeList nodes) {
        java.util.List<Element> found = new java.util.ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            found.add((Element) nodes.item(i));
        }
        return found;
    }
}
