# METADATA
# title: Secret paths
# description: Secrets are never readable, writable or deletable, by any role, with any approval.
package weir.rules.secret_paths

import rego.v1

# METADATA
# title: Secret touched
# description: A call may not touch a path of class secret.
# custom:
#   short_name: secret_touched
#   solution: Use a placeholder, or a sample file such as .env.example; the real value is set by people outside the project.
deny contains {"rule": "secret_paths.secret_touched", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some target in input.targets
	target.class == "secret"
	reason := concat("", ["The path ", target.path, " holds secrets; nobody may ", target.access, " it through an agent."])
	feedback := concat("", [reason, " Do not look for its content elsewhere. Name the settings that are needed in a sample file such as .env.example and ask the user to fill them in."])
}
