package weir

import data.acme.rules.legal_texts
import rego.v1

_deny contains finding if {
	input.kind == "tool-call"
	count(input.targets) > 0
	some finding in legal_texts.deny
}
