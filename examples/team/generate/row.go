package main

// The rows of the seed files; field order is the order on the line.

type user struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	Confirmed string `json:"email_confirmed_at"`
	CreatedAt string `json:"created_at"`
}

// secret is the password of an account. The files are there for everybody to read, and it is for development alone.
type secret struct {
	UserID string `json:"user_id"`
	Hash   string `json:"hash"`
}

// everybodys is the argon2id hash of "ferries-run-on-time".
const everybodys = "$argon2id$v=19$m=19456,t=2,p=1$dGVhbS10aWNrZXRzLWRldg$OUaAX38gluOmecB2MLMG0ejwL3Q661ShGNAmn1sF9/M"

// identity is the way in which an account is known: by its address.
type identity struct {
	UserID   string   `json:"user_id"`
	Provider string   `json:"provider"`
	Subject  string   `json:"subject"`
	Email    string   `json:"email"`
	Data     identify `json:"data"`
}

type identify struct {
	Sub      string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
}

type member struct {
	UserID   string   `json:"user_id"`
	Name     string   `json:"name"`
	Handle   string   `json:"handle"`
	Role     string   `json:"role"`
	Job      string   `json:"job"`
	City     string   `json:"city"`
	TimeZone string   `json:"time_zone"`
	From     int      `json:"works_from"`
	To       int      `json:"works_to"`
	DaysOff  []string `json:"days_off"`
	Avatar   string   `json:"avatar_url"`
	JoinedOn string   `json:"joined_on"`
	Phone    string   `json:"phone"`
}

type project struct {
	ID         string         `json:"id"`
	Key        string         `json:"key"`
	Name       string         `json:"name"`
	Summary    string         `json:"summary"`
	LeadID     string         `json:"lead_id"`
	Public     bool           `json:"public"`
	StartedOn  string         `json:"started_on"`
	ArchivedAt string         `json:"archived_at,omitempty"`
	Settings   map[string]any `json:"settings"`
}

type projectMember struct {
	ProjectID string `json:"project_id"`
	UserID    string `json:"user_id"`
	Role      string `json:"role"`
	Since     string `json:"since"`
}

type label struct {
	ID          int    `json:"id"`
	Name        string `json:"name"`
	Colour      string `json:"colour"`
	Description string `json:"description"`
}

type ticket struct {
	ID          string         `json:"id"`
	ProjectID   string         `json:"project_id"`
	Number      int            `json:"number"`
	Title       string         `json:"title"`
	Body        string         `json:"body"`
	Kind        string         `json:"kind"`
	Status      string         `json:"status"`
	Priority    string         `json:"priority"`
	AuthorID    string         `json:"author_id"`
	AssigneeID  string         `json:"assignee_id,omitempty"`
	Estimate    string         `json:"estimate,omitempty"`
	Areas       []string       `json:"areas,omitempty"`
	Meta        map[string]any `json:"meta,omitempty"`
	Due         string         `json:"due,omitempty"`
	TriageNote  string         `json:"triage_note,omitempty"`
	CustomerRef string         `json:"customer_ref,omitempty"`
	CreatedAt   string         `json:"created_at"`
	UpdatedAt   string         `json:"updated_at"`
	ClosedAt    string         `json:"closed_at,omitempty"`
}

type ticketLabel struct {
	TicketID string `json:"ticket_id"`
	LabelID  int    `json:"label_id"`
}

type comment struct {
	ID        string `json:"id"`
	TicketID  string `json:"ticket_id"`
	ParentID  string `json:"parent_id,omitempty"`
	AuthorID  string `json:"author_id"`
	Body      string `json:"body"`
	CreatedAt string `json:"created_at"`
	EditedAt  string `json:"edited_at,omitempty"`
}

type update struct {
	ID        string `json:"id"`
	ProjectID string `json:"project_id"`
	AuthorID  string `json:"author_id"`
	State     string `json:"state"`
	Summary   string `json:"summary"`
	Published bool   `json:"published"`
	CreatedAt string `json:"created_at"`
}

// timed rows say when they came to be, in an order text keeps.
type timed interface{ when() string }

func (t ticket) when() string  { return t.ID }
func (c comment) when() string { return c.ID }
func (u update) when() string  { return u.ID }
