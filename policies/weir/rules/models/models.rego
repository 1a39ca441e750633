# METADATA
# title: Models
# description: Which models a role may ask in which environment, from data. Asking a model is chat.
package weir.rules.models

import data.weir.lib.grant
import rego.v1

# METADATA
# title: Model allowed
# description: The role may chat in this environment, and the model is on its list.
# custom:
#   short_name: model_allowed
#   solution: Nothing to do.
permit contains {"rule": "models.model_allowed", "reason": "The model is on the list for this role and environment.", "feedback": ""} if {
	input.kind == "model-request"
	grant.of("chat") == "allow"
	_listed
}

# METADATA
# title: Model not allowed
# description: The model is not on the list of this role in this environment.
# custom:
#   short_name: model_not_allowed
#   solution: Choose a model of the list, or have it added.
deny contains {"rule": "models.model_not_allowed", "reason": "This model is not on the list for this role and environment.", "feedback": "This model is not on the list for this role and environment. Choose another one."} if {
	input.kind == "model-request"
	not _listed
}

# METADATA
# title: Chat not granted
# description: The role may not ask models in this environment.
# custom:
#   short_name: chat_not_granted
#   solution: Ask for a role that may chat in this environment.
deny contains {"rule": "models.chat_not_granted", "reason": "This role may not ask models in this environment.", "feedback": "This role may not ask models in this environment."} if {
	input.kind == "model-request"
	not _chat
}

# METADATA
# title: Model request too large
# description: The request is larger than the limit in data.
# custom:
#   short_name: request_too_large
#   solution: Start a new conversation, or compact this one.
deny contains {"rule": "models.request_too_large", "reason": "The request to the model is larger than the limit.", "feedback": "The request to the model is larger than the limit. Compact the conversation."} if {
	input.kind == "model-request"
	not _fits
}

_chat if grant.of("chat") == "allow"

_listed if {
	some entry in _list
	entry in ["*", concat("/", [input.model.provider, "*"]), concat("/", [input.model.provider, input.model.id])]
}

# What the data say of the role itself replaces what they say of everyone: a list could not be shortened otherwise.
_list := list if {
	list := data.weir.data.models[input.environment][input.actor.role]
} else := data.weir.data.models[input.environment]["*"]

# A type check first: Rego orders null below every number.
_fits if {
	is_number(input.model.bytes)
	input.model.bytes <= data.weir.data.limits.model_request_bytes
}
