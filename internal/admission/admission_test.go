package admission_test

import (
	"reflect"
	"testing"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
)

func TestEveryLimitHasADefault(t *testing.T) {
	t.Parallel()
	v := reflect.ValueOf(admission.Default())
	for i := range v.NumField() {
		if v.Field(i).Int() <= 0 {
			t.Errorf("%s bounds nothing", v.Type().Field(i).Name)
		}
	}
}

func TestARefusalNamesTheLimit(t *testing.T) {
	t.Parallel()
	if err := admission.Within(3, 3, "a list has more than", "elements"); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	err := admission.Within(4, 3, "a list has more than", "elements")
	if err == nil || err.Error() != "a list has more than 3 elements" || fault.From(err).Code != fault.TooComplex {
		t.Errorf("over the limit: %v", err)
	}
}

func TestWhatIsNotSetIsFilled(t *testing.T) {
	t.Parallel()
	if l := (admission.Limits{Rows: 7, InItems: -1}).Filled(); l.Rows != 7 || l.InItems != admission.Default().InItems {
		t.Errorf("%+v", l)
	}
}
