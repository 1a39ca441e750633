# METADATA
# title: Weir
# description: Joins what the rules found into one answer. Rules add findings; only this file decides.
package weir

import data.weir.rules.approvals
import data.weir.rules.budgets
import data.weir.rules.conflicts
import data.weir.rules.containment
import data.weir.rules.contents
import data.weir.rules.delegation
import data.weir.rules.destructive
import data.weir.rules.flags
import data.weir.rules.grants
import data.weir.rules.hours
import data.weir.rules.malformed
import data.weir.rules.mcp
import data.weir.rules.models
import data.weir.rules.observers
import data.weir.rules.outgoing
import data.weir.rules.outside_paths
import data.weir.rules.programs
import data.weir.rules.read_only
import data.weir.rules.releases
import data.weir.rules.routes
import data.weir.rules.secret_paths
import data.weir.rules.sessions
import data.weir.rules.shell
import data.weir.rules.tools
import data.weir.rules.unknown_paths
import data.weir.rules.urls
import rego.v1

# METADATA
# title: Nothing permits it
# description: No rule denies, and none permits. Any deny denies; else anything pending waits; else at least one permit allows; else this.
# custom:
#   short_name: default_deny
#   solution: Grant the permission in the policy data, or write a rule that permits it.
decision := _answer("deny", _deny, _pending) if {
	count(_deny) > 0
} else := _answer("pending", _pending, set()) if {
	# Asked again, because a finding without its texts has no answer: what is weaker must not stand in for it.
	count(_deny) == 0
	count(_pending) > 0
} else := _answer("allow", _permit, set()) if {
	count(_deny) == 0
	count(_pending) == 0
	count(_permit) > 0
	count(_oblige) == 0
} else := _bound(_answer("allow", _permit, set()), _oblige) if {
	count(_deny) == 0
	count(_pending) == 0
	count(_permit) > 0
	count(_oblige) > 0
} else := {
	"verdict": "deny",
	"rule": "weir.default_deny",
	"reason": "No rule permits this.",
	"feedback": "No rule permits this. Do it another way, or tell the user what would have to be permitted.",
	"also": [],
	"obligations": {},
}

# Which rules are asked about which question: to ask every rule every time takes twice as long. A condition here says only
# whether there is anything to judge, never how: a rule that may have something to say must be asked. What fits no condition
# is asked about nothing, gets no permit, and is denied. Rules of others add to `_deny` and `_pending` from files of their own.
_deny contains finding if some finding in malformed.deny

# Every tool call.
_deny contains finding if {
	input.kind == "tool-call"
	some findings in [grants.deny, tools.deny]
	some finding in findings
}

# A gateway that runs agents without a sandbox.
_deny contains finding if {
	input.containment == "none"
	some finding in containment.deny
}

# A tool call that starts a subagent, where data limit them.
_deny contains finding if {
	input.kind == "tool-call"
	input.tool.name == "delegate"
	count(data.weir.data.delegation) > 0
	some finding in delegation.deny
}

# A tool call to a tool that is none of Weir's own.
_deny contains finding if {
	input.kind == "tool-call"
	input.tool.name == "other"
	some finding in mcp.deny
}

# A tool call where nothing is changed without a grant.
_deny contains finding if {
	input.kind == "tool-call"
	input.environment in data.weir.data.environments.read_only
	some finding in read_only.deny
}

# Anything but looking, where data set hours.
_deny contains finding if {
	count(data.weir.data.hours.windows) > 0
	some finding in hours.deny
}

# A tool call that touches paths.
_deny contains finding if {
	input.kind == "tool-call"
	count(input.targets) > 0
	some findings in [destructive.deny, outside_paths.deny, secret_paths.deny, unknown_paths.deny]
	some finding in findings
}

# A tool call that runs a command, or should.
_deny contains finding if {
	input.kind == "tool-call"
	_runs
	some findings in [programs.deny, shell.deny]
	some finding in findings
}

# A tool call that puts text into files in which there are signs of harm.
_deny contains finding if {
	input.kind == "tool-call"
	is_object(input.content)
	some finding in contents.deny
}

# A tool call that fetches.
_deny contains finding if {
	input.kind == "tool-call"
	_fetches
	some finding in urls.deny
}

_deny contains finding if {
	input.kind == "route"
	not _observes
	some finding in routes.deny
}

# A route through which somebody else's session would be read.
_deny contains finding if {
	input.kind == "route"
	_observes
	some finding in observers.deny
}

_deny contains finding if {
	input.kind == "model-request"
	some finding in models.deny
}

# A model request, where data set budgets.
_deny contains finding if {
	input.kind == "model-request"
	count(data.weir.data.budgets) > 0
	some finding in budgets.deny
}

# A model request in which something was found, or that was not looked through, where data say what may leave.
_deny contains finding if {
	input.kind == "model-request"
	not _clean
	count(data.weir.data.outgoing) > 0
	some finding in outgoing.deny
}

_deny contains finding if {
	input.kind == "release"
	some finding in releases.deny
}

_deny contains finding if {
	input.kind == "session"
	some finding in sessions.deny
}

_deny contains finding if {
	input.kind == "approval"
	some finding in approvals.deny
}

_pending contains finding if {
	input.kind == "tool-call"
	some finding in grants.pending
}

# A change that would put aside what somebody else made.
_pending contains finding if {
	input.kind == "tool-call"
	input.tool.args.conflict == true
	some finding in conflicts.pending
}

_pending contains finding if {
	input.kind == "tool-call"
	is_object(input.command)
	some finding in programs.pending
}

_pending contains finding if {
	input.kind == "release"
	some finding in releases.pending
}

# What an allow is bound to, whoever permits it: findings `{"rule", "obligations"}`.
_oblige contains finding if {
	input.kind == "tool-call"
	count(data.weir.data.flags.always) > 0
	some finding in flags.oblige
}

# The set itself, not a copy of it: to add a finding to a set hashes all its text. Join more than one with `|`.
_permit := grants.permit if input.kind == "tool-call"

_permit := routes.permit if {
	input.kind == "route"
	not _observes
}

_permit := observers.permit if {
	input.kind == "route"
	_observes
}

_permit := _model_permit if input.kind == "model-request"

_permit := sessions.permit if input.kind == "session"

_permit := approvals.permit if input.kind == "approval"

_permit := releases.permit if input.kind == "release"

# What is taken out of a request permits nothing by itself.
_model_permit := models.permit | outgoing.permit if {
	not _clean
	count(data.weir.data.outgoing) > 0
	count(models.permit) > 0
} else := models.permit

_clean if {
	input.model.scanned == true
	input.model.findings == []
}

# By either sign: a question about somebody else's session is never answered as one about the actor's own.
_observes if {
	input.route.class == "observe"
} else if {
	is_object(input.route.owner)
}

_runs if {
	input.command != null
} else if {
	input.tool.name in ["run-shell", "run-test"]
}

_fetches if {
	input.url != null
} else if {
	input.tool.name == "fetch-url"
}
