package weir

import data.acme.rules.freeze
import rego.v1

_deny contains finding if {
	input.kind in ["tool-call", "release"]
	some finding in freeze.deny
}
