# METADATA
# title: Legal texts
# description: What lawyers wrote is not changed by agents.
package acme.rules.legal_texts

import rego.v1

# METADATA
# title: Legal text changed
# description: A call may not write or delete anything below docs/legal, whoever asks.
# custom:
#   short_name: legal_text_changed
#   solution: Ask the legal team to make the change.
deny contains {"rule": "legal_texts.legal_text_changed", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some target in input.targets
	target.access in ["write", "delete"]
	startswith(target.path, "docs/legal/")
	reason := concat("", ["The path ", target.path, " is a legal text."])
	feedback := concat(" ", [reason, "Leave it as it is and tell the user what you would have changed."])
}
