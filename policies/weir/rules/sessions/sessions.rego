# METADATA
# title: Sessions
# description: Who may start an agent on an app in an environment.
package weir.rules.sessions

import data.weir.lib.grant
import rego.v1

# METADATA
# title: Session granted
# description: The role may review or chat in this environment.
# custom:
#   short_name: granted
#   solution: Nothing to do.
permit contains {"rule": "sessions.granted", "reason": "The role may work in this environment.", "feedback": ""} if {
	input.kind == "session"
	_may_start
}

# METADATA
# title: Session not granted
# description: The role has neither review nor chat in this environment.
# custom:
#   short_name: not_granted
#   solution: Ask for a role with a grant in this environment.
deny contains {"rule": "sessions.not_granted", "reason": reason, "feedback": reason} if {
	input.kind == "session"
	not _may_start
	reason := concat("", ["The role ", input.actor.role, " may not start an agent in ", input.environment, "."])
}

_may_start if grant.of("review") == "allow"

_may_start if grant.of("chat") == "allow"
