//! Python.

mod definitions;
mod expressions;
mod statements;

use tree_sitter::Node;

use super::reader::SyntaxReader;
use crate::ir::Statement;

/// Lowers a module.
pub(super) fn lower_file(text: &str, root: Node) -> Vec<Statement> {
    Python { reader: SyntaxReader::new(text) }.block(root)
}

/// Returns whether a module only changes a database from one version to the next (Alembic, Django): it has no handler, and
/// its tables are those of another time. A grown project has hundreds of them.
pub(super) fn is_migration(text: &str) -> bool {
    let is_django = || text.contains("\nclass Migration(migrations.Migration):");
    // The names that Alembic looks for in a module.
    let is_alembic = || text.contains("\ndown_revision") && text.contains("\ndef upgrade(");
    is_alembic() || is_django()
}

/// A Python text that is being lowered.
struct Python<'a> {
    reader: SyntaxReader<'a>,
}

#[cfg(test)]
mod tests {
    use super::is_migration;

    #[test]
    fn a_module_that_speaks_of_migrations_is_none() {
        let alembic = "revision = 'b'\ndown_revision = 'a'\n\n\ndef upgrade():\n    op.drop_table('notes')\n";
        let django =
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n";
        assert!(is_migration(alembic) && is_migration(django));

        let route = "@app.post('/migrations/<down_revision>')\ndef upgrade(down_revision):\n    return migrate(down_revision)\n";
        assert!(!is_migration(route));
        assert!(!is_migration(
            "class Migration(Base):\n    down_revision = Column(String)\n\n    def upgrade(self):\n        pass\n"
        ));
    }
}
