package web_test

import (
	"reflect"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/skew"
)

// example returns a T in which every field is set: texts to their own names, lists to one element.
func example[T any]() T {
	var made T
	fill(reflect.ValueOf(&made).Elem(), "text")
	return made
}

func fill(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)))
		return
	case plan.Op:
		v.Set(reflect.ValueOf(plan.Update))
		return
	case plan.Phase:
		v.Set(reflect.ValueOf(plan.Switch))
		return
	case skew.Op:
		v.SetString("differs")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fill(v.Field(i), strings.ToLower(field.Name))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("name").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(name)))
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf("any " + name))
	default:
		panic("no example of a " + v.Kind().String() + " " + name)
	}
}
