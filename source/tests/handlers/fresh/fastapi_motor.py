from bson import ObjectId
from fastapi import Body, Depends, FastAPI, HTTPException, Path, Request, Security
from fastapi.responses import JSONResponse
from motor.motor_asyncio import AsyncIOMotorClient
from tortoise import fields
from tortoise.models import Model

from .security import require_user

app = FastAPI()
mongo = AsyncIOMotorClient("mongodb://localhost")
database = mongo["clinic"]
records = database.get_collection("records")


class Appointment(Model):
    id = fields.IntField(pk=True)
    patient = fields.ForeignKeyField("models.User")
    notes = fields.TextField()


class Doctor(Model):
    id = fields.IntField(pk=True)
    speciality = fields.TextField()


async def load_appointment(appointment_id: int = Path(...)) -> Appointment:
    appointment = await Appointment.get_or_none(id=appointment_id)
    if appointment is None:
        raise HTTPException(404)
    return appointment


class MustOwn:
    def __init__(self, field: str = "patient_id"):
        self.field = field

    async def __call__(self, appointment: Appointment = Depends(load_appointment), user=Depends(require_user)):
        if appointment.patient_id != user.id:
            raise HTTPException(status_code=403)
        return appointment


# label: not_checked
@app.get("/appointments/{appointment_id}")
async def show(appointment: Appointment = Depends(load_appointment), user=Depends(require_user)):
    return appointment


# label: checked
@app.get("/appointments/{appointment_id}/own")
async def show_own(appointment: Appointment = Depends(MustOwn())):
    return appointment


# label: checked
@app.delete("/appointments/{appointment_id}")
async def cancel(appointment_id: int, user=Depends(require_user)):
    deleted = await Appointment.filter(id=appointment_id, patient_id=user.id).delete()
    if not deleted:
        raise HTTPException(404)
    return {"deleted": deleted}


# label: not_checked
@app.put("/appointments/{appointment_id}")
async def rewrite(appointment_id: int, notes: str = Body(...), user=Depends(require_user)):
    await Appointment.filter(id=appointment_id).update(notes=notes)
    return {"ok": True}


# label: checked
@app.get("/records/{record_id}")
async def record(record_id: str, user=Depends(require_user)):
    if (found := await records.find_one({"_id": ObjectId(record_id), "patient_id": user.id})) is None:
        raise HTTPException(404)
    return found


# label: not_checked
@app.get("/records/{record_id}/raw")
async def raw_record(record_id: str, user=Depends(require_user)):
    if (found := await records.find_one({"_id": ObjectId(record_id)})) is not None:
        return found
    raise HTTPException(404)


# label: not_checked
@app.delete("/records/{record_id}")
async def delete_record(record_id: str, user=Depends(require_user)):
    result = await records.delete_one({"_id": ObjectId(record_id)})
    return {"deleted": result.deleted_count}


# label: checked
@app.get("/patients/{patient_id}/appointments")
async def of_patient(patient_id: int, user=Depends(require_user)):
    if user.role != "doctor" and user.id != patient_id:
        raise HTTPException(403)
    return await Appointment.filter(patient_id=patient_id)


# label: not_checked
@app.get("/patients/{patient_id}/all")
async def all_of_patient(patient_id: int, user=Depends(require_user)):
    return await Appointment.filter(patient_id=patient_id).all()


# label: not_applicable
@app.get("/doctors/{doctor_id}")
async def doctor(doctor_id: int, user=Depends(require_user)):
    return await Doctor.get(id=doctor_id)
