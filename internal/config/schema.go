package config

import "encoding/json"

// about are the descriptions editors show, by path.
var about = map[string]string{
	"name":                     "The project's name.",
	"public_url":               "Where the world reaches the server: the only source of links in mail and redirects.",
	"database":                 "sqlite, or postgres://user@host/database; a password only as ${NAME}.",
	"database_replicas":        "Read-only copies of a PostgreSQL database: reads go there, but for callers that have just written.",
	"database_pool":            "Connections to each PostgreSQL server (20).",
	"proxies":                  "How many proxies stand before the server: so many entries of X-Forwarded-For are believed, from the right. Default 0.",
	"cors":                     "Origins of web pages that may call the API; dev also allows every loopback origin.",
	"namespaces":               "What namespaces are called on the wire: { billing: { name: Invoices } }; public is the one without a folder.",
	"rest.rollback":            "Whether Prefer: tx=rollback may try a write without keeping it; on in dev, off in serve.",
	"graphql.introspection":    "Whether the schema may be asked for; on in dev, off in serve.",
	"limits":                   "What one request may ask for, and how many may.",
	"limits.body":              "Bytes of a request body (10MiB).",
	"limits.response":          "Bytes of a response (64MiB).",
	"limits.rows":              "Rows per level and parent (1000); a whole response holds at most 50 times as many.",
	"limits.statements":        "Statements of one read (50).",
	"limits.cost":              "Weight of one read: its statements, joins, relation walks and conditions (20000).",
	"limits.embed_depth":       "Depth of embedded relations (6).",
	"limits.logic_depth":       "Depth of and, or, not (20).",
	"limits.in_items":          "Items of one in, any or all (1000).",
	"limits.select_items":      "Items of one request's select lists (500).",
	"limits.url_length":        "Bytes of a URL (16KiB).",
	"limits.bulk_rows":         "Rows of one written body (10000).",
	"limits.written_rows":      "Rows that one request writes or deletes, cascades included (100000).",
	"limits.statement_timeout": "Time of one statement (10s).",
	"limits.waiting":           "Requests that wait for their turn while the server is busy; one caller's are at most half of them (1024 per processor, at least 2048).",
	"limits.wait":              "Time that a request waits for its turn; then it is refused with 503 (10s).",
	"limits.held":              "Bytes of large bodies and answers that are under way, of all requests together (256MiB).",
	"auth":                     "Accounts and sign-in.",
	"auth.sign_up":             "false: only invited accounts, or made by an admin.",
	"auth.confirm_email":       "false: a session at once.",
	"auth.anonymous":           "Whether accounts without an address may be made.",
	"auth.linking":             "false: accounts cannot link and unlink identities themselves.",
	"auth.redirects":           "Addresses that links in mail and providers may lead back to.",
	"auth.limits":              "How often a minute; whoever was quiet has some more at once.",
	"auth.limits.sign_in":      "Sign-ins, sign-ups and codes that are tried, from one network address (60).",
	"auth.limits.refresh":      "Refreshed sessions, from one network address (300).",
	"auth.limits.send":         "Messages that are asked for, from one network address (6).",
	"auth.limits.account":      "Passwords and codes that are tried for one account (6).",
	"auth.limits.mailbox":      "Messages that are asked for to one mail address (2).",
	"auth.session.max":         "Longest life of a session; 0 is no limit.",
	"auth.providers":           "Sign-in at others, by name: google, github, gitlab, azure, microsoft, apple, slack_oidc, discord, or a name of the project's own.",
	"auth.issuers":             "Third parties whose tokens the data API accepts.",

	"auth.password.reauthenticate": "Whether a password change needs a code by mail a day after the sign-in (true).",
	"auth.sms":                     "How codes reach phones; without it there are no phone sign-ins.",
	"auth.sms.webhook":             "Where they are posted as {to, message, code, kind}, signed.",
	"auth.sms.secret":              "Only as ${NAME}, at least 16 characters: with it the webhook checks the signature.",

	"auth.providers.*.client_id":     "Who the project is at the provider; several with commas, the first is the browser's.",
	"auth.providers.*.client_secret": "Only as ${NAME}; for apple, the private key (.p8) with team_id and key_id.",
	"auth.providers.*.issuer":        "OpenID Connect: where the provider's discovery is. Presets have their own.",
	"auth.providers.*.scopes":        "Asked for beside the usual ones.",
	"auth.providers.*.tenant":        "azure, microsoft: a directory's id, common (the default), organizations or consumers.",
	"auth.providers.*.team_id":       "apple: the team of the key.",
	"auth.providers.*.key_id":        "apple: the id of the key.",
	"auth.providers.*.auth_url":      "OAuth 2 without discovery: where the browser is sent.",
	"auth.providers.*.token_url":     "OAuth 2 without discovery: where codes are exchanged.",
	"auth.providers.*.user_url":      "OAuth 2 without discovery: who the user is; for github, the API's /user.",
	"auth.issuers.*.issuer":          "The claim iss of its tokens, exactly.",
	"auth.issuers.*.audience":        "The claim aud of tokens that are meant for this API; several with commas.",
	"auth.issuers.*.jwks":            "Where its keys are; by discovery where missing.",
	"auth.issuers.*.algorithms":      "Those it signs with (RS256, ES256, EdDSA).",

	"mail":      "Outgoing mail.",
	"mail.smtp": "smtp://user:${SMTP_PASSWORD}@host:587",
}

// JSONSchema is the JSON Schema (draft 2020-12) of socle.yaml, for editors.
func JSONSchema() []byte {
	root := describe("", project)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "https://socle.dev/schema/socle.json"
	root["title"] = "Settings of a Socle project"
	root["required"] = []string{"name"}
	raw, err := json.MarshalIndent(root, "", "  ")
	if err != nil { // maps of strings only
		return []byte("{}")
	}
	return append(raw, '\n')
}

func describe(path string, s setting) map[string]any {
	out := map[string]any{}
	switch {
	case s.keys != nil:
		properties := map[string]any{}
		for key, sub := range s.keys {
			properties[key] = describe(join(path, key), sub)
		}
		out["type"], out["additionalProperties"], out["properties"] = "object", false, properties
	case s.any != nil:
		out["type"], out["additionalProperties"] = "object", describe(path+".*", *s.any)
	case s.item != nil:
		out["type"], out["items"] = "array", describe(path+".*", *s.item)
	case s.form.list:
		out["type"], out["items"] = "array", map[string]any{"type": "string"}
	default:
		s.form.describe(out)
	}
	if text := about[path]; text != "" {
		out["description"] = text
	}
	return out
}

const variablePattern = `\$\{[A-Za-z_][A-Za-z0-9_]*\}`

func (f form) describe(out map[string]any) {
	variable := map[string]any{"type": "string", "pattern": variablePattern}
	switch f.name {
	case boolean.name:
		out["anyOf"] = []any{map[string]any{"type": "boolean"}, variable}
	case number.name:
		out["anyOf"] = []any{map[string]any{"type": "integer", "minimum": 1}, variable}
	case size.name, duration.name, positive.name:
		out["type"] = []string{"string", "integer"}
	case secret.name:
		out["type"], out["pattern"] = "string", variablePattern
	default:
		out["type"] = "string"
	}
}
