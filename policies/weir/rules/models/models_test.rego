package weir.rules.models_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.models
import rego.v1

test_allows_a_listed_model if {
	given.ids(models.permit) == {"models.model_allowed"} with input as given.model(1000)
	count(models.deny) == 0 with input as given.model(1000)
}

test_denies_a_model_that_is_not_listed if {
	given.ids(models.deny) == {"models.model_not_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"*": ["local/other"]}
}

test_allows_a_model_listed_for_the_role if {
	given.ids(models.permit) == {"models.model_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"author": ["local/qwen3-coder"]}
}

test_allows_a_listed_provider if {
	given.ids(models.permit) == {"models.model_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"*": ["local/*"]}
}

test_denies_a_model_of_another_provider if {
	given.ids(models.deny) == {"models.model_not_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"*": ["remote/qwen3-coder"]}
}

test_denies_a_role_without_chat if {
	given.ids(models.deny) == {"models.chat_not_granted"} with input as object.union(given.model(1000), given.holding("auditor", "DEV"))
}

test_denies_an_unknown_role if {
	given.ids(models.deny) == {"models.chat_not_granted"} with input as object.union(given.model(1000), given.holding("nobody", "DEV"))
}

test_denies_a_request_that_is_too_large if {
	given.ids(models.deny) == {"models.request_too_large"} with input as given.model(33554433)
}

test_allows_a_request_at_the_limit if {
	count(models.deny) == 0 with input as given.model(33554432)
}

test_denies_a_request_of_no_size if {
	given.ids(models.deny) == {"models.request_too_large"} with input as given.model(null)
}

test_denies_a_request_without_a_model if {
	given.ids(models.deny) == {"models.model_not_allowed", "models.request_too_large"} with input as object.union(given.model(1), {"model": null})
	count(models.permit) == 0 with input as object.union(given.model(1), {"model": null})
}

test_the_list_of_a_role_replaces_that_of_everyone if {
	given.ids(models.deny) == {"models.model_not_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"*": ["*"], "author": ["local/other"]}
	given.ids(models.deny) == {"models.model_not_allowed"} with input as given.model(1000) with data.weir.data.models.DEV as {"*": ["*"], "author": []}
}

test_another_environment_has_another_list if {
	given.ids(models.deny) == {"models.model_not_allowed"} with input as object.union(given.model(1000), {"environment": "PROD"}) with data.weir.data.models as {"DEV": {"*": ["*"]}, "PROD": {"*": ["local/other"]}}
	given.ids(models.deny) == {"models.model_not_allowed"} with input as object.union(given.model(1000), {"environment": "PROD"}) with data.weir.data.models as {"DEV": {"*": ["*"]}}
}
