//! What a handler reads of its request, as its source says: how an operation can be asked where its document is silent.

/// What a handler reads of its request, and what it makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandlerRequest {
    /// Values that it reads by their names.
    pub inputs: Vec<HandlerInput>,
    /// What its body must be.
    pub body: HandlerBody,
    /// Models, tables and collections of which it makes an object.
    pub makes: Vec<String>,
}

/// What the body of a request must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HandlerBody {
    /// The source does not say.
    #[default]
    Unknown,
    /// None is looked at.
    Absent,
    /// A JSON object of the inputs in the body.
    Json,
    /// A form of them.
    Form,
}

/// A value of a request that a handler reads by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerInput {
    /// Its name.
    pub name: String,
    /// Where it travels.
    pub place: InputPlace,
    /// The handler fails without it.
    pub is_needed: bool,
    /// It is turned into a number.
    pub is_number: bool,
    /// The model, table or collection whose object is loaded by it.
    pub loads: Option<String>,
}

/// Where a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputPlace {
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// In the body.
    Body,
}

impl HandlerRequest {
    /// Returns the model whose object is loaded by a value.
    pub fn loads(&self, place: InputPlace, name: &str) -> Option<&str> {
        let input = self.inputs.iter().find(|input| input.place == place && input.name == name)?;
        input.loads.as_deref()
    }
}
