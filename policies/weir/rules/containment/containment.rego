# METADATA
# title: Containment
# description: Where agents may work on a gateway that runs them without a sandbox, from data. On every other gateway these rules say nothing.
package weir.rules.containment

import rego.v1

# METADATA
# title: No containment
# description: This gateway runs agents and their commands without a sandbox, and data do not let it serve this environment so.
# custom:
#   short_name: missing
#   solution: Work in this environment through a gateway whose `agent.sandbox` is `bubblewrap` or `podman`.
deny contains {"rule": "containment.missing", "reason": reason, "feedback": feedback} if {
	input.containment == "none"
	input.kind in ["tool-call", "model-request", "session"]
	not _accepted
	reason := concat("", ["This gateway runs agents without a sandbox, which ", input.environment, " does not accept."])
	feedback := concat("", [reason, " Stop here, and tell the user to work through a gateway that has one."])
}

_accepted if input.environment in data.weir.data.environments.uncontained
