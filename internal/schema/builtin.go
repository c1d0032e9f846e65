package schema

const authNamespace = "auth"

// authUsers is the account collection every project refers to as auth.users. No front ever reaches it.
func authUsers() CollectionSpec {
	at := func(s string) Word { return Word{Text: s} }
	return CollectionSpec{
		Namespace: authNamespace, Key: at("users"), Description: "Accounts.",
		Fields: []FieldSpec{
			{Key: at("id"), Type: at("uuid")},
			{Key: at("email"), Type: at("text"), Unique: true},
			{Key: at("created_at"), Type: at("timestamp"), Required: true, Default: Constant{Kind: LitText, Text: "now"}},
			{Key: at("updated_at"), Type: at("timestamp"), Required: true,
				Default: Constant{Kind: LitText, Text: "now"}, OnUpdate: Constant{Kind: LitText, Text: "now"}},
		},
	}
}
