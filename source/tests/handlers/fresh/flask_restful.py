import psycopg2
from flask import Flask, request
from flask_httpauth import HTTPTokenAuth
from flask_restful import Api, Resource, abort
from sqlalchemy import or_, select
from sqlalchemy.orm import DeclarativeBase, Session

app = Flask(__name__)
api = Api(app)
auth = HTTPTokenAuth()
engine = None


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "documents"
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer, ForeignKey("users.id"))
    shared = Column(Boolean)
    body = Column(Text)


class Folder(Base):
    __tablename__ = "folders"
    id = Column(Integer, primary_key=True)
    company_id = Column(Integer)
    title = Column(Text)


class Font(Base):
    __tablename__ = "fonts"
    id = Column(Integer, primary_key=True)
    family = Column(Text)


def connect():
    return psycopg2.connect("dbname=app")


class DocumentResource(Resource):
    method_decorators = [auth.login_required]

    # label: not_checked
    def get(self, document_id):
        with Session(engine) as session:
            document = session.execute(select(Document).where(Document.id == document_id)).scalar_one_or_none()
            if document is None:
                abort(404, message="no such document")
            return {"body": document.body}

    # label: checked
    def put(self, document_id):
        with Session(engine) as session:
            document = session.get(Document, document_id)
            if document is not None and document.author_id == auth.current_user().id:
                document.body = request.json["body"]
                session.commit()
                return {"ok": True}
            abort(404, message="no such document")

    # label: not_checked
    def delete(self, document_id):
        with Session(engine) as session:
            document = session.get(Document, document_id)
            try:
                assert document.author_id == auth.current_user().id
            except AssertionError:
                app.logger.info("not the author")
            session.delete(document)
            session.commit()
            return "", 204


class SharedDocument(Resource):
    method_decorators = [auth.login_required]

    # label: checked
    def get(self, document_id):
        user = auth.current_user()
        with Session(engine) as session:
            statement = select(Document).filter(
                Document.id == document_id, or_(Document.author_id == user.id, Document.shared == True)
            )
            document = session.scalars(statement).one_or_none()
            if not document:
                abort(404)
            return {"body": document.body}


class PgDocument(Resource):
    method_decorators = [auth.login_required]

    # label: checked
    def get(self, document_id):
        user = auth.current_user()
        with connect() as conn, conn.cursor() as cur:
            cur.execute(
                "SELECT body FROM documents WHERE id = %(id)s AND author_id = %(author)s",
                {"id": document_id, "author": user.id},
            )
            row = cur.fetchone()
        if row is None:
            abort(404)
        return {"body": row[0]}

    # label: not_checked
    def post(self, document_id):
        with connect() as conn, conn.cursor() as cur:
            cur.execute("UPDATE documents SET body = %s WHERE id = %s", (request.json["body"], document_id))
        return {"ok": True}


class FolderResource(Resource):
    method_decorators = [auth.login_required]

    # label: checked
    def get(self, folder_id):
        user = auth.current_user()
        with Session(engine) as session:
            folder = session.get(Folder, folder_id)
            if not folder or folder.company_id != user.company_id:
                abort(404)
            return {"title": folder.title}

    # label: not_checked
    def delete(self, folder_id):
        with Session(engine) as session:
            folder = session.get(Folder, folder_id)
            if not folder:
                abort(404)
            session.delete(folder)
            session.commit()
        return "", 204


class FontResource(Resource):
    # label: not_applicable
    def get(self, font_id):
        with Session(engine) as session:
            return {"family": session.get(Font, font_id).family}


LETTERS = [{"id": 1, "recipient_id": 4, "text": "hello"}]


# label: not_checked
@app.get("/letters/<int:letter_id>")
@auth.login_required
def letter(letter_id):
    for item in LETTERS:
        if item["id"] == letter_id:
            return item
    return {"error": "not found"}, 404


# label: checked
@app.get("/own-letters/<int:letter_id>")
@auth.login_required
def own_letter(letter_id):
    found = next((item for item in LETTERS if item["id"] == letter_id), None)
    if found is None:
        return {"error": "not found"}, 404
    if found["recipient_id"] == auth.current_user().id:
        return found
    return {"error": "not found"}, 404


# label: checked
@app.get("/letters")
@auth.login_required
def letters():
    me = auth.current_user().id
    return {"letters": [item for item in LETTERS if item["recipient_id"] == me]}


# label: checked
@app.get("/people/<int:person_id>/letters")
@auth.login_required
def letters_of(person_id):
    if auth.current_user().id != person_id:
        return {"error": "forbidden"}, 403
    return {"letters": [item for item in LETTERS if item["recipient_id"] == person_id]}


api.add_resource(DocumentResource, "/documents/<int:document_id>")
api.add_resource(SharedDocument, "/shared/<int:document_id>")
api.add_resource(PgDocument, "/pg/<int:document_id>")
api.add_resource(FolderResource, "/folders/<int:folder_id>")
api.add_resource(FontResource, "/fonts/<int:font_id>")
