package acme.rules.legal_texts_test

import data.acme.rules.legal_texts
import data.weir
import data.weir.lib.fixtures_test as given
import rego.v1

test_denies_writing_a_legal_text if {
	given.ids(legal_texts.deny) == {"legal_texts.legal_text_changed"} with input as given.write("docs/legal/terms.md", "docs")
}

test_lets_a_legal_text_be_read if {
	count(legal_texts.deny) == 0 with input as given.read("docs/legal/terms.md", "docs")
}

test_lets_a_near_miss_be_written if {
	count(legal_texts.deny) == 0 with input as given.write("docs/legalese.md", "docs")
}

test_says_nothing_without_targets if {
	count(legal_texts.deny) == 0 with input as object.remove(given.write("docs/legal/terms.md", "docs"), ["targets"])
}

test_is_asked if {
	answer := weir.decision with input as given.write("docs/legal/terms.md", "docs")
	answer.rule == "legal_texts.legal_text_changed"
}
