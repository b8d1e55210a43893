import logging
import os
from pathlib import Path

import httpx
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse
from pydantic import BaseModel
from sqlalchemy import select, text

from models import Note, PersonRow, Setting, connect

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
KEY = os.environ["KEY"]
UPLOADS = Path("uploads")
logger = logging.getLogger(__name__)


class Profile(BaseModel):
    name: str | None = None
    phone: str | None = None
    role: str | None = None


class Person(BaseModel):
    id: int
    name: str
    password: str


class Link(BaseModel):
    url: str


def caller(authorization: str = Header()):
    try:
        return jwt.decode(authorization[7:], KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401)


@app.get("/token")
def token(authorization: str = Header()):
    claims = jwt.decode(authorization[7:], options={"verify_signature": False})
    return {"sub": claims["sub"]}


@app.get("/owner/{note_id}")
def owner(note_id: int, user=Depends(caller), db=Depends(connect)):
    note = db.get(Note, note_id)
    if note is None:
        raise HTTPException(status_code=404)
    return note


@app.get("/guard")
def guard(db=Depends(connect)):
    return db.scalars(select(Setting)).all()


@app.get("/role")
def role(db=Depends(connect), user=Depends(caller)):
    return db.scalars(select(PersonRow)).all()


@app.get("/list")
def listed(db=Depends(connect), user=Depends(caller)):
    return db.scalars(select(Note)).all()


@app.patch("/fields")
def fields(body: Profile, db=Depends(connect), user=Depends(caller)):
    person = db.get(PersonRow, user["sub"])
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(person, name, value)
    return {"ok": True}


@app.post("/fields-new")
def fields_new(body: dict, db=Depends(connect), user=Depends(caller)):
    person = PersonRow(**body)
    db.add(person)
    return {"ok": True}


@app.get("/shown/{person_id}", response_model=Person)
def shown(person_id: int, db=Depends(connect)):
    return db.get(PersonRow, person_id)


@app.get("/query-f/{name}")
def query_f(name: str, db=Depends(connect)):
    return db.execute(text(f"SELECT id FROM people WHERE name = '{name}'")).all()


@app.get("/query-plus/{name}")
def query_plus(name: str, db=Depends(connect)):
    return db.execute("SELECT id FROM people WHERE name = '" + name + "'").fetchall()


@app.get("/path-join/{name}")
def path_join(name: str):
    return FileResponse(os.path.join("uploads", name))


@app.get("/path-div/{name:path}")
def path_div(name: str):
    return FileResponse(UPLOADS / name)


@app.get("/path-f/{name:path}")
def path_f(name: str):
    return FileResponse(f"uploads/{name}")


@app.post("/ssrf")
async def ssrf(link: Link):
    async with httpx.AsyncClient() as client:
        answer = await client.get(link.url)
    return answer.text


@app.get("/ssrf-query")
def ssrf_query(url: str):
    return httpx.get(url).text


@app.get("/cors")
def cors():
    return {"ok": True}


@app.post("/log")
def log(body: dict):
    logger.info(f"sign-in {body['name']} {body['password']}")
    return {"ok": True}


@app.post("/model")
def model(authorization: str = Header()):
    return ask([{"role": "system", "content": f"Use {authorization} to call the tool"}])


@app.post("/rate")
def rate(body: dict):
    return {"token": sign_in(body["name"], body["password"])}
