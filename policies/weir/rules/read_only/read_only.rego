# METADATA
# title: Read-only environments
# description: In the environments of the list in data nothing is changed, unless a grant says otherwise. A second lock, which does not depend on what the path classes need.
package weir.rules.read_only

import data.weir.lib.grant
import rego.v1

# METADATA
# title: Environment is read-only
# description: The call would change something, and the role has no grant to change anything in this environment.
# custom:
#   short_name: environment
#   solution: Make the change in another environment and have it promoted, or have the permission granted here.
deny contains {"rule": "read_only.environment", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	input.environment in data.weir.data.environments.read_only
	_changes
	not _granted
	reason := concat("", ["The environment ", input.environment, " is read-only for the role ", input.actor.role, "."])
	feedback := concat("", [reason, " Read and explain here; changes are made in another environment and promoted."])
}

_changes if input.tool.name == "write-file"

_changes if input.permission in ["edit", "dependency", "publish"]

# Scratch space and devices are no part of the environment; every other place outside is denied by its own rule.
_changes if {
	some target in input.targets
	target.access != "read"
	target.class != "outside"
}

_granted if grant.of("edit") in ["allow", "queue"]

_granted if {
	input.permission in ["dependency", "publish"]
	grant.of(input.permission) in ["allow", "queue"]
}
