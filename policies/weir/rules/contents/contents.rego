# METADATA
# title: Contents of files
# description: What a call writes into a file may not read secrets, send them away, run code as it comes from elsewhere or destroy what is outside of the project.
package weir.rules.contents

import rego.v1

# METADATA
# title: Secret read by new text
# description: The new text of a file would read a path of class secret when it runs.
# custom:
#   short_name: reads_secret
#   solution: Take the setting from an environment variable that people set, or write a file of the test's own into a temporary folder.
deny contains {"rule": "contents.reads_secret", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	"reads-secret" in input.content.signs
	reason := concat("", ["The new text would read secrets (", concat(", ", input.content.secrets), ") when it runs."])
	feedback := concat("", [reason, " Take single settings from environment variables by name, or have a library load them; in tests, write a file of their own into a temporary folder."])
}

# METADATA
# title: Secrets sent by new text
# description: The new text of a file would send secrets, or the whole environment, to another machine.
# custom:
#   short_name: sends_secrets
#   solution: Send nothing that holds secrets; leave it to a person.
deny contains {"rule": "contents.sends_secrets", "reason": "The new text would send secrets or the whole environment to another machine.", "feedback": "The new text would send secrets or the whole environment to another machine. Leave that out, and tell the user what is needed."} if {
	input.kind == "tool-call"
	"sends-secrets" in input.content.signs
}

# METADATA
# title: Harmful command in new text
# description: The new text of a file would open a shell to somebody else, run code as it comes from elsewhere, push or publish by itself, leave something behind that starts later, run without end, or destroy people's work, a home folder or a disk.
# custom:
#   short_name: harmful
#   solution: Write code down where people can read it, and delete only what the project made.
deny contains {"rule": "contents.harmful", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some sign in input.content.signs
	says := _harm[sign]
	reason := concat("", ["The new text would ", says, " when it runs."])
	feedback := concat("", [reason, " Leave that out: install packages by name and version, and delete only what the project made."])
}

_harm := {
	"harmful-command": "open this machine to somebody else",
	"remote-code": "run code that comes from elsewhere, or encoded code, which nobody has read",
	"destroys": "destroy people's work, or what is outside of the project",
	"delivers": "push, publish, deploy or send sources away by itself",
	"persists": "change what this machine starts later, or what it forbids",
	"endless": "use this machine up: its disk, its memory or its processors",
}

# METADATA
# title: Too much text
# description: There is too much new text to be looked through.
# custom:
#   short_name: unread
#   solution: Write it in several smaller files.
deny contains {"rule": "contents.unread", "reason": "There is too much new text to be looked through.", "feedback": "There is too much new text to be looked through. Write it in several smaller files."} if {
	input.kind == "tool-call"
	"unread" in input.content.signs
}
