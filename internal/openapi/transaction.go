package openapi

// steps declares the shapes of a transaction's steps and of their results, once.
func (d *document) steps() {
	if d.schemas.get("TransactionStep") != nil {
		return
	}
	d.schemas = append(d.schemas,
		member{"TransactionStep", object{{"type", "object"}, {"required", list{"method", "path"}}, {"additionalProperties", false}, {"properties", object{
			{"method", object{{"type", "string"}, {"enum", list{"POST", "PUT", "PATCH", "DELETE"}}}},
			{"path", object{{"type", "string"}, {"description", "A collection and parameters, as below the API's address."}}},
			{"prefer", object{{"type", "string"}, {"description", "The step's own preferences."}}},
			{"body", object{{"type", anything}, {"description", "What the step writes. `{\"$ref\":\"0.0.id\"}` stands for a field of a row that an earlier step returned: step, row, field."}}},
		}}}},
		member{"TransactionResult", object{{"type", "object"}, {"required", list{"status", "headers", "body"}}, {"properties", object{
			{"status", object{{"type", "integer"}}},
			{"headers", object{{"type", "object"}}},
			{"body", object{{"type", anything}, {"description", "The step's representation, null where it asked for none."}}},
		}}}})
}

// transaction describes rpc/transaction: writes that happen together or not at all.
func (d *document) transaction() {
	d.steps()
	steps := object{{"type", "array"}, {"minItems", 1}, {"maxItems", 100}, {"items", ref("schemas", "TransactionStep")}}
	results := object{{"type", "array"}, {"items", ref("schemas", "TransactionResult")}}
	content := object{{"schema", steps}}
	if e := d.exampleStep(); e != nil {
		content = content.with("example", list{e})
	}
	var parameters list
	if d.view.Role != "anon" {
		parameters = append(parameters, ref("parameters", "idempotencyKey"))
	}
	if d.several() {
		parameters = append(parameters, ref("parameters", "contentProfile"))
	}
	const tag = "transaction"
	d.paths = d.paths.with("/rpc/transaction", object{{"post", object{
		{"operationId", "rpc_transaction"}, {"tags", list{tag}}, {"summary", "Several writes, all or none"},
		{"description", "The steps are carried out in order. Where one fails, the answer is its error, whose `details` say which, and nothing is kept."}}.
		when(len(parameters) > 0, "parameters", parameters).
		with("requestBody", object{{"required", true}, {"content", object{{"application/json", content}}}}).
		with("responses", refusing(object{{"200", answer("What each step did.", object{{"application/json", object{{"schema", results}}}},
			"preferenceApplied", "replayed")}}, writeRefusals))}})
	if d.tags.get(tag) == nil {
		d.tags = d.tags.with(tag, "Writes that happen together.")
	}
}

// exampleStep inserts a row where the first collection allows it.
func (d *document) exampleStep() any {
	for _, p := range d.paths {
		post, ok := p.is.(object).get("post").(object)
		if !ok {
			continue
		}
		media := post.get("requestBody").(object).get("content").(object).get("application/json").(object)
		return object{{"method", "POST"}, {"path", p.name}, {"body", media.get("example")}}
	}
	return nil
}
