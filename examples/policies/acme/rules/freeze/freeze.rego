# METADATA
# title: Freeze windows
# description: When nothing is changed in an environment, from data.
package acme.rules.freeze

import rego.v1

# METADATA
# title: Frozen
# description: The call changes something, or promotes a release, in an environment that is frozen now.
# custom:
#   short_name: frozen
#   solution: Wait until the window is over, or make the change in an environment that is not frozen.
deny contains {"rule": "freeze.frozen", "reason": reason, "feedback": feedback} if {
	_changes
	some window in data.acme.data.freeze.windows
	input.environment in window.environments
	input.now_ms >= window.from_ms
	input.now_ms < window.until_ms
	reason := concat("", [input.environment, " is frozen: ", window.why, "."])
	feedback := concat("", [reason, " Read and explain, but change nothing here; tell the user when the window ends."])
}

_changes if {
	input.kind == "tool-call"
	input.permission in ["edit", "dependency", "publish"]
}

_changes if input.kind == "release"
