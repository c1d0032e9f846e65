// Package eval owns the meaning of ir expressions in memory: values of expressions over rows held in Go. It imports neither
// plan nor policy, because policy asks it for the parts of a policy that only concern the actor; whole plans are run in memory
// by package eval/memory. ir.Related does not reach it: plan.Build turns it into ir.Exists. Clarity goes before speed: it is
// the oracle the SQL engines are compared with.
package eval
