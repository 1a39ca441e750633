# METADATA
# title: Weir
# description: Joins what the rules found into one answer. Rules add findings; only this file decides.
package weir

import data.weir.rules.approvals
import data.weir.rules.destructive
import data.weir.rules.grants
import data.weir.rules.malformed
import data.weir.rules.models
import data.weir.rules.outside_paths
import data.weir.rules.programs
import data.weir.rules.routes
import data.weir.rules.secret_paths
import data.weir.rules.sessions
import data.weir.rules.shell
import data.weir.rules.tools
import data.weir.rules.unknown_paths
import data.weir.rules.urls
import rego.v1

# METADATA
# title: Decision
# description: Any deny denies; else anything pending waits; else at least one permit allows; else nothing does.
# custom:
#   short_name: default_deny
#   solution: Grant the permission in the policy data, or write a rule that permits it.
decision := _answer("deny", _deny, _pending) if {
	count(_deny) > 0
} else := _answer("pending", _pending, set()) if {
	count(_pending) > 0
} else := _answer("allow", _permit, set()) if {
	count(_permit) > 0
} else := {
	"verdict": "deny",
	"rule": "weir.default_deny",
	"reason": "No rule permits this.",
	"feedback": "No rule permits this. Do it another way, or tell the user what would have to be permitted.",
	"also": [],
	"obligations": {},
}

_deny := union({
	approvals.deny, destructive.deny, grants.deny, malformed.deny, models.deny, outside_paths.deny, programs.deny,
	routes.deny, secret_paths.deny, sessions.deny, shell.deny, tools.deny, unknown_paths.deny, urls.deny,
})

_pending := grants.pending | programs.pending

_permit := union({approvals.permit, grants.permit, models.permit, routes.permit, sessions.permit})

# Sets have no order of their own under WebAssembly, so the answer is sorted: the same input gives the same bytes.
_answer(verdict, findings, weaker) := {
	"verdict": verdict,
	"rule": first[0],
	"reason": first[1],
	"feedback": concat(" ", [finding[2] | some i, finding in ordered; i < 3]),
	"also": sort({finding.rule | some finding in (findings | weaker)} - {first[0]}),
	"obligations": {},
} if {
	ordered := sort([[finding.rule, finding.reason, finding.feedback] | some finding in findings])
	first := ordered[0]
}
