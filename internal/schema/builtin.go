package schema

// What projects refer to as auth.users.
const (
	authNamespace = "auth"
	accounts      = "users"
)

// builtins are the collections of every project: the accounts, to which a project refers as auth.users, and what belongs to them.
// No front ever reaches them. Secrets stand beside auth.users, never in it, for policies and the change log may read it. What is
// called a hash or a seal there is of no use to whoever reads it without the project's keys.
func builtins() []CollectionSpec {
	return append(append(people(), proofs()...), traces()...)
}

// people are the accounts and how they are known.
func people() []CollectionSpec {
	return []CollectionSpec{
		builtin(accounts, "Accounts.",
			column("email", "text").unique(), column("phone", "text").unique(),
			column("email_confirmed_at", "timestamp"), column("phone_confirmed_at", "timestamp"),
			column("invited_at", "timestamp"), column("confirmation_sent_at", "timestamp"), column("recovery_sent_at", "timestamp"),
			column("reauthentication_sent_at", "timestamp"), column("email_change_sent_at", "timestamp"), column("phone_change_sent_at", "timestamp"),
			column("new_email", "text"), column("new_phone", "text"), column("last_sign_in_at", "timestamp"), column("banned_until", "timestamp"),
			column("app_metadata", "json"), column("user_metadata", "json"), column("locale", "text"), column("is_anonymous", "bool"),
			column("created_at", "timestamp").now(), column("updated_at", "timestamp").now().touched()),
		builtin("passwords", "Hashes of passwords.",
			column("user_id", accounts).owned().unique(), column("hash", "text").required(), column("updated_at", "timestamp").now().touched()),
		builtin("identities", "Ways in which an account is known elsewhere.",
			column("user_id", accounts).owned(), column("provider", "text").required(), column("subject", "text").required(),
			column("email", "text"), column("data", "json"), column("last_sign_in_at", "timestamp"),
			column("created_at", "timestamp").now(), column("updated_at", "timestamp").now().touched()).
			one("provider", "subject").by("user_id"),
		builtin("sessions", "Families of refresh tokens.",
			column("user_id", accounts).owned(), column("aal", "text").required(), column("amr", "json").required(),
			column("counter", "int").required(), column("factor_id", "uuid"), column("agent", "text"), column("address", "text"),
			column("refreshed_at", "timestamp").required(), column("ends_at", "timestamp"), column("created_at", "timestamp").now()).
			by("user_id"),
	}
}

// proofs are what somebody shows, or has to answer.
func proofs() []CollectionSpec {
	return []CollectionSpec{
		builtin("secrets", "Codes and links that were sent and are good once.",
			column("user_id", accounts).owned(), column("kind", "text").required(), column("address", "text").required(),
			column("hash", "text").required().unique(), column("code", "text").required(), column("flow_id", "uuid"),
			column("tries", "int").required(), column("created_at", "timestamp").required(), column("expires_at", "timestamp").required()).
			one("user_id", "kind").by("address").by("expires_at"),
		builtin("flows", "Sign-ins that lead through a browser and are not at their end.",
			column("user_id", accounts).ownable(), column("kind", "text").required(), column("provider", "text"), column("challenge", "text"),
			column("method", "text"), column("redirect", "text"), column("state", "text").unique(), column("code", "text").unique(),
			column("sealed", "text"), column("aal", "text"), column("amr", "json"), column("created_at", "timestamp").required(), column("expires_at", "timestamp").required()).
			by("user_id").by("expires_at"),
		builtin("factors", "Second factors.",
			column("user_id", accounts).owned(), column("type", "text").required(), column("name", "text"), column("status", "text").required(),
			column("sealed", "text"), column("phone", "text"), column("step", "int").required(), column("last_challenged_at", "timestamp"),
			column("tries", "int"), column("tried_at", "timestamp"),
			column("created_at", "timestamp").now(), column("updated_at", "timestamp").now().touched()).
			by("user_id"),
		builtin("recovery_codes", "What stands in for a lost factor, once each.",
			column("user_id", accounts).owned(), column("hash", "text").required(), column("used_at", "timestamp"), column("created_at", "timestamp").now()).
			one("user_id", "hash"),
		builtin("passkeys", "Public keys of authenticators.",
			column("user_id", accounts).owned(), column("factor_id", "factors").ownable(), column("name", "text"), column("credential_id", "bytes").required().unique(),
			column("credential", "json").required(), column("last_used_at", "timestamp"), column("created_at", "timestamp").now(),
			column("updated_at", "timestamp").now().touched()).
			by("user_id").by("factor_id"),
		builtin("challenges", "What a factor or a passkey has to answer, once.",
			column("user_id", accounts).ownable(), column("factor_id", "factors").ownable(), column("kind", "text").required(), column("sealed", "text"),
			column("address", "text"), column("created_at", "timestamp").required(), column("expires_at", "timestamp").required()).
			by("user_id").by("factor_id").by("expires_at"),
	}
}

// traces are what acts leave for later.
func traces() []CollectionSpec {
	return []CollectionSpec{
		builtin("revocations", "Sessions that ended before their access tokens.",
			column("session_id", "uuid"), column("user_id", "uuid"), column("at", "timestamp").required(), column("until", "timestamp").required()).
			by("at").by("until"),
		builtin("outbox", "Messages that are to be sent.",
			column("kind", "text").required(), column("address", "text").required(), column("locale", "text"), column("sealed", "text").required(),
			column("tries", "int").required(), column("due_at", "timestamp").required(), column("created_at", "timestamp").required(), column("expires_at", "timestamp").required()).
			by("due_at"),
		builtin("audit", "What happened to accounts, for those who answer for them.",
			column("at", "timestamp").required(), column("action", "text").required(), column("actor_id", "uuid"), column("user_id", "uuid"),
			column("address", "text"), column("traits", "json")).
			by("at").by("user_id"),
	}
}

func plain(s string) Word { return Word{Text: s} }

func builtin(key, description string, fields ...FieldSpec) CollectionSpec {
	return CollectionSpec{Namespace: authNamespace, Key: plain(key), Description: description,
		Fields: append([]FieldSpec{column("id", "uuid")}, fields...)}
}

// column is a field of a type, or a reference to another builtin collection.
func column(key, of string) FieldSpec {
	if _, ok := kinds[of]; ok {
		return FieldSpec{Key: plain(key), Type: plain(of)}
	}
	return FieldSpec{Key: plain(key), Ref: plain(of)}
}

func (f FieldSpec) required() FieldSpec { f.Required = true; return f }
func (f FieldSpec) unique() FieldSpec   { f.Unique = true; return f }

// owned and ownable refer to what the row goes with.
func (f FieldSpec) owned() FieldSpec   { return f.ownable().required() }
func (f FieldSpec) ownable() FieldSpec { f.OnDelete = plain("cascade"); return f }

func (f FieldSpec) now() FieldSpec {
	f.Required, f.Default = true, Constant{Kind: LitText, Text: "now"}
	return f
}

func (f FieldSpec) touched() FieldSpec { f.OnUpdate = Constant{Kind: LitText, Text: "now"}; return f }

// one says that no two rows have the same values in these fields; by, that rows are looked up by one.
func (c CollectionSpec) one(fields ...string) CollectionSpec {
	c.Unique = append(c.Unique, keySpec(fields))
	return c
}

func (c CollectionSpec) by(fields ...string) CollectionSpec {
	c.Indexes = append(c.Indexes, keySpec(fields))
	return c
}

func keySpec(fields []string) (k KeySpec) {
	for _, f := range fields {
		k.Columns = append(k.Columns, plain(f))
	}
	return k
}
