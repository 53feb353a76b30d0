//! `template.yaml` as the tests read it.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};
use tests::events;

/// The whole template.
pub(crate) struct Template(Value);

/// One Lambda of it.
pub(crate) struct Function {
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// The package that it is built from.
    pub(crate) package: String,
    /// Its properties.
    pub(crate) properties: Value,
    /// Its variables, with those of all functions.
    pub(crate) variables: BTreeMap<String, Value>,
}

impl Template {
    pub(crate) fn read() -> Self {
        Self(serde_yaml_ng::from_str(&Self::text()).unwrap())
    }

    /// The template where these parameters are given.
    pub(crate) fn given(mut self, parameters: &[(&str, &str)]) -> Self {
        for (name, value) in parameters {
            self.0["Parameters"][*name]["Default"] = (*value).into();
        }
        self
    }

    /// A section's members.
    pub(crate) fn section(&self, name: &str) -> &Mapping {
        mapping(&self.0[name])
    }

    /// The resources of this type, by logical id.
    pub(crate) fn resources(&self, kind: &str) -> Vec<(String, &Value)> {
        let of_kind = |(id, resource): (&Value, &'_ Value)| {
            (text(&resource["Type"]) == kind).then(|| text(id))
        };
        let all = self.section("Resources").iter();
        all.filter_map(|(id, resource)| Some((of_kind((id, resource))?, resource)))
            .collect()
    }

    /// Every function.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let globals = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let function = |(logical_id, resource): (String, &Value)| {
            let own = &resource["Properties"]["Environment"]["Variables"];
            let all = [globals, own].into_iter().filter_map(Value::as_mapping);
            let variables = all.flatten();
            Function {
                logical_id,
                package: text(&resource["Metadata"]["BuildProperties"]["Binary"]),
                properties: resource["Properties"].clone(),
                variables: variables.map(|(n, v)| (text(n), v.clone())).collect(),
            }
        };
        let all = self.resources("AWS::Serverless::Function");
        all.into_iter().map(function).collect()
    }

    /// The parameters that every deployment has to give.
    pub(crate) fn required_parameters(&self) -> Vec<String> {
        let all = self.section("Parameters").iter();
        let required = all.filter(|(_, parameter)| parameter.get("Default").is_none());
        required.map(|(name, _)| text(name)).collect()
    }

    /// The text of the file, for what stands in its comments.
    pub(crate) fn text() -> String {
        std::fs::read_to_string(events::root().join("template.yaml")).unwrap()
    }

    /// The branch of an `If` that the parameters' defaults lead to.
    pub(crate) fn branch<'a>(&self, value: &'a Value) -> &'a Value {
        if self.holds(&self.section("Conditions")[text(&value[0]).as_str()]) {
            &value[1]
        } else {
            &value[2]
        }
    }

    fn holds(&self, condition: &Value) -> bool {
        let Value::Tagged(tagged) = condition else {
            panic!("not understood here: {condition:?}")
        };
        let sides = &tagged.value;
        match tagged.tag.to_string().as_str() {
            "!Not" => !self.holds(&sides[0]),
            "!Equals" => self.resolved(&sides[0], "") == self.resolved(&sides[1], ""),
            other => panic!("not understood here: {other}"),
        }
    }

    /// What a value comes to in this environment: references become the names or the defaults of what they refer to, and nothing
    /// where a deployment has to give it.
    pub(crate) fn resolved(&self, value: &Value, environment: &str) -> String {
        let Value::Tagged(tagged) = value else {
            return text(value);
        };
        if tagged.tag == "If" {
            return self.resolved(self.branch(&tagged.value), environment);
        }
        let inner = text(&tagged.value);
        if tagged.tag == "Sub" {
            let parameters = self.section("Parameters").iter();
            let given = parameters.fold(inner, |text, (name, parameter)| {
                let value = parameter.get("Default").map(self::text);
                let name = format!("${{{}}}", self::text(name));
                value.map_or(text.clone(), |value| text.replace(&name, &value))
            });
            return given.replace("${Environment}", environment);
        }
        assert_eq!(tagged.tag, "Ref", "not understood here: {value:?}");
        if inner == "Environment" {
            return environment.to_owned();
        }
        if let Some(parameter) = self.section("Parameters").get(inner.as_str()) {
            return parameter.get("Default").map(text).unwrap_or_default();
        }
        let properties = &self.section("Resources")[inner.as_str()]["Properties"];
        let name = properties.get("TableName").or(properties.get("Name"));
        let name = name.unwrap_or_else(|| panic!("{inner} has no name"));
        self.resolved(name, environment)
    }
}

/// A scalar as text, without its tag.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Tagged(tagged) => text(&tagged.value),
        other => panic!("not a scalar: {other:?}"),
    }
}

/// A mapping; none where there is none.
pub(crate) fn mapping(value: &Value) -> &Mapping {
    static NONE: std::sync::LazyLock<Mapping> = std::sync::LazyLock::new(Mapping::new);
    value.as_mapping().unwrap_or(&NONE)
}

/// `get_user` and `user-lookup` are `GetUser` and `UserLookup`.
pub(crate) fn pascal(name: &str) -> String {
    let capitalised = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split(['_', '-']).map(capitalised).collect()
}
